namespace Courier.Configuration;

/// <summary>When a key is asked for, and thereby on what its value may depend.</summary>
internal enum SettingScope
{
    /// <summary>Once, for the whole server.</summary>
    Server,

    /// <summary>For each session or message that comes in.</summary>
    Session,

    /// <summary>At each attempt to send, for the virtual host that the message came to.</summary>
    VirtualHost,
}

/// <summary>One key of the configuration, without its type: for listings, checks and the manual.</summary>
/// <param name="Section">Section of courier.conf.</param>
/// <param name="Key">Key in it. A trailing <c>*</c> stands for any name: <c>route.*</c>.</param>
/// <param name="Default">As it would be written; null where there is none.</param>
/// <param name="Summary">What the manual says.</param>
internal abstract record Setting(string Section, string Key, string? Default, string Summary)
{
    /// <summary>Whether what stands for the star is one.</summary>
    public Func<string, bool> AcceptsName { get; init; } = static _ => true;

    /// <summary>Completes "expected …" for it.</summary>
    public string ExpectedName { get; init; } = "a name";

    public bool IsFamily => Key.EndsWith('*');

    /// <summary>A wrong value is not shown: there may be a password in it.</summary>
    public bool MayHoldSecret { get; init; }

    public SettingScope Scope { get; init; }

    /// <summary>Whether it may stand in a section with some condition.</summary>
    public bool MayDepend => Scope != SettingScope.Server;

    /// <summary>Whether it may stand in a section with this one. Of a message that waits only the virtual host is known, not the listener it came by.</summary>
    public bool MayDependOn(SettingsCondition condition) => MayDepend && (Scope == SettingScope.Session || condition.Kind != "listener");

    public abstract string Expected { get; }

    public abstract bool Accepts(string text);

    /// <summary>Whether a written key is this one.</summary>
    public bool Matches(string section, string key) => section == Section
        && (IsFamily ? key.Length >= Key.Length && key.StartsWith(Key[..^1], StringComparison.Ordinal) : key == Key);
}

/// <summary>One key with the type of its value.</summary>
internal sealed record Setting<T>(string Section, string Key, SettingType<T> Type, string? Default, string Summary) : Setting(Section, Key, Default, Summary)
{
    public override string Expected => Type.Expected;

    public override bool Accepts(string text) => Type.TryParse(text, out _);

    /// <summary>Reads a text that was checked before.</summary>
    public T Parse(string text) => Type.TryParse(text, out var value) ? value : throw new FormatException($"[{Section}] {Key}: {text}");
}
