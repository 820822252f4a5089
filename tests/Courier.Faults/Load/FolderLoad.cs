using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Courier.Faults.Load;

/// <summary>A user whose folders another program has filled: opens one after the other for the first time, and remembers every UID it was told.</summary>
/// <remarks>Invariant: what a UID of a folder named under a UIDVALIDITY, no other message is ever named by. A mailbox that is opened first has no UID on the
/// disk yet when it tells them.</remarks>
public sealed partial class FolderLoad(IPEndPoint server, string user, string password, string maildir)
{
    private const int Messages = 3;

    /// <summary>Names of files that stand before those of a round.</summary>
    private const int Early = 1_000_000_000;

    private readonly Dictionary<(string Folder, string Validity, uint Uid), string> _told = [];
    private readonly Dictionary<string, HashSet<string>> _validities = new(StringComparer.Ordinal);
    private readonly List<string> _faults = [];
    private readonly Queue<string> _waiting = new();
    private int _made;

    public IReadOnlyList<string> Faults => _faults;

    /// <summary>As <see cref="LoadPlan.IsHeard"/>.</summary>
    public Func<bool> IsHeard { get; init; } = () => true;

    public int Opened => _validities.Count;

    /// <summary>Folders that had another UIDVALIDITY after a crash.</summary>
    public int Renewed { get; private set; }

    /// <summary>Makes folders that the server has not seen. Who calls brings them to the disk.</summary>
    public void Prepare(int folders)
    {
        for (var i = 0; i < folders; i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"found{_made++}");
            foreach (var directory in (string[])["tmp", "new", "cur"])
                Directory.CreateDirectory(Path.Combine(PathOf(name), directory));
            File.WriteAllText(Path.Combine(PathOf(name), "maildirfolder"), "");
            for (var message = 0; message < Messages; message++)
                Drop(name, Early + 1 + message);
            _waiting.Enqueue(name);
        }
    }

    public async Task RunAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested && _waiting.Count > 0)
        {
            try
            {
                using var session = await ImapSession.OpenAsync(server, user, password, ct);
                while (!ct.IsCancellationRequested && _waiting.TryDequeue(out var folder))
                    await LearnAsync(session, folder);
            }
            catch (Exception error) when (error is IOException or SocketException or OperationCanceledException or TimeoutException)
            {
                await Task.Delay(20, CancellationToken.None);
            }
        }
    }

    /// <summary>Opens all again that were opened before a crash. In each lies a message by now that would be the first, were UIDs given anew.</summary>
    public async Task AuditAsync(CancellationToken ct)
    {
        using var session = await ImapSession.OpenAsync(server, user, password, ct);
        foreach (var folder in _told.Keys.Select(key => key.Folder).Distinct(StringComparer.Ordinal).ToList())
        {
            Drop(folder, Early);
            await LearnAsync(session, folder);
            if (_validities[folder].Count > 1)
                Renewed++;
        }

        _told.Clear();
    }

    private async Task LearnAsync(ImapSession session, string folder)
    {
        var validity = Validity().Match(string.Join('\n', await session.AskAsync($"SELECT INBOX.{folder}"))).Groups["n"].Value;
        var lines = await session.AskAsync("UID FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (X-Token)])");
        if (!IsHeard())
            return;
        if (!_validities.TryGetValue(folder, out var known))
            _validities.Add(folder, known = new(StringComparer.Ordinal));
        known.Add(validity);
        foreach (var line in lines)
        {
            if (Uid().Match(line) is not { Success: true } match || Load.Messages.TokenOf(line) is not { } token)
                continue;
            var key = (folder, validity, uint.Parse(match.Groups["n"].Value, CultureInfo.InvariantCulture));
            if (!_told.TryAdd(key, token) && _told[key] != token)
                _faults.Add($"{folder}: UID {key.Item3} named {_told[key]}, now it names {token}");
        }
    }

    private void Drop(string folder, int time)
    {
        var token = $"F{Guid.NewGuid():N}";
        var text = Load.Messages.Text(token, 500).ReplaceLineEndings("\n");
        File.WriteAllText(Path.Combine(PathOf(folder), "new", string.Create(CultureInfo.InvariantCulture, $"{time}.{token}.test,S={text.Length}")), text);
    }

    private string PathOf(string folder) => Path.Combine(maildir, "." + folder);

    [GeneratedRegex(@"\[UIDVALIDITY (?<n>\d+)\]")]
    private static partial Regex Validity();

    [GeneratedRegex(@"[( ]UID (?<n>\d+)[ )]")]
    private static partial Regex Uid();
}
