using System.Net;
using Courier.Conversations.Language;

namespace Courier.Conversations.Targets;

/// <summary>Who a script speaks as: name in the script, login, password, mail address, and where the Maildir lies (if it can be seen).</summary>
public sealed record Person(string Name, string User, string Password, string Address, string? Maildir);

/// <summary>The server that the scripts are pointed at.</summary>
public interface ITarget : IAsyncDisposable
{
    /// <summary>Why this script does not run here, or null.</summary>
    string? SkipReason(Script script);

    /// <summary>Where a service listens: smtp, submission, submissions, lmtp, imap, imaps, pop3, pop3s.</summary>
    IPEndPoint Endpoint(string server, string service);

    /// <summary>It has no XCLIENT, but this machine has the addresses that scripts name with it, and connects from them.</summary>
    bool HasPeers => false;

    /// <summary>Where the server sends mail for <see cref="Script.HopDomain"/>.</summary>
    IPEndPoint Hop(Script script);

    /// <summary>Accounts for one script: new ones where they can be made, else emptied ones. The first is `demo`.</summary>
    Task<Reservation> ReserveAsync(Script script, CancellationToken ct);
}

/// <summary>Accounts in use by one script; disposing gives them back.</summary>
public sealed record Reservation(IReadOnlyList<Person> People, Action Return) : IDisposable
{
    public Person Find(string name) => People.FirstOrDefault(person => person.Name == name)
        ?? throw new ScriptException($"no account {name}: add `given account {name}`");

    public void Dispose() => Return();
}

/// <summary>Chooses the target once for the whole run.</summary>
public static class Target
{
    public static bool IsOther => Environment.GetEnvironmentVariable("COURIER_TARGET") is { Length: > 0 };

    public static ITarget Create() => Environment.GetEnvironmentVariable("COURIER_TARGET") is { Length: > 0 } text
        ? OtherServer.Parse(text, Environment.GetEnvironmentVariable)
        : new OurServer();

    /// <summary>Known without starting anything, for test discovery.</summary>
    public static string? SkipReason(Script script) => IsOther ? OtherServer.Parse(Environment.GetEnvironmentVariable("COURIER_TARGET")!, Environment.GetEnvironmentVariable).SkipReason(script) : null;
}
