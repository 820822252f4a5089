using System.Globalization;
using System.Net;
using System.Text;
using Courier.Faults.Audit;
using Courier.Faults.Load;
using Courier.Faults.Server;

namespace Courier.Faults.Rounds;

/// <summary>One account with all that clients were told of it: made, changed by a command that is killed, and judged.</summary>
internal sealed class UpkeepAccount(CourierServer server, string address)
{
    private readonly UidAudit _uids = new();
    private readonly HashSet<string> _mailboxes = ["INBOX"];
    private int _files;

    internal string Address => address;

    internal string Maildir => server.MaildirOf(address);

    /// <summary>Every message that is to be there.</summary>
    internal Ledger Ledger { get; } = new();

    /// <summary>Files of messages of their own, as a delivery program leaves them; their names.</summary>
    internal IReadOnlyList<string> Put(string folder, int count, int size = 900)
    {
        foreach (var directory in (string[])["cur", "new", "tmp"])
            Directory.CreateDirectory(Path.Combine(folder, directory));
        var names = new List<string>();
        for (var i = 0; i < count; i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"1795000000.M{++_files}P1.host");
            File.WriteAllText(Path.Combine(folder, "cur", name + ":2,S"), NewMessage(size).ReplaceLineEndings("\n"));
            names.Add(name);
        }

        return names;
    }

    /// <summary>Writes an mbox outside of the Maildir.</summary>
    internal string PutMbox(int count)
    {
        var text = new StringBuilder();
        for (var i = 0; i < count; i++)
            text.Append(CultureInfo.InvariantCulture, $"From load@example.org Tue Sep  1 10:00:{i % 60:d2} 2026\n").Append(NewMessage(900).ReplaceLineEndings("\n")).Append('\n');
        Directory.CreateDirectory(Path.GetDirectoryName(Maildir)!);
        var path = Path.Combine(Path.GetDirectoryName(Maildir)!, "mbox");
        File.WriteAllText(path, text.ToString());
        return path;
    }

    /// <summary>A folder of the account, which clients look at too.</summary>
    internal string Folder(string name)
    {
        _mailboxes.Add("INBOX." + name);
        Directory.CreateDirectory(Path.Combine(Maildir, "." + name));
        File.WriteAllText(Path.Combine(Maildir, "." + name, "maildirfolder"), "");
        return Path.Combine(Maildir, "." + name);
    }

    internal Task<ImapSession> OpenAsync() =>
        ImapSession.OpenAsync(new(IPAddress.Loopback, server.Port("imap")), address, FaultRun.Password, CancellationToken.None);

    /// <summary>A client looks, and remembers every UID. What it complains of.</summary>
    internal async Task<List<string>> LookAsync()
    {
        var complaints = new List<string>();
        using var session = await OpenAsync();
        foreach (var mailbox in _mailboxes)
        {
            try
            {
                if ((await session.AskAsync($"LIST \"\" \"{mailbox}\"")).Exists(line => line.StartsWith("* LIST", StringComparison.Ordinal)))
                    await _uids.LookAsync(session, mailbox, complaints);
            }
            catch (ImapRefusalException refusal)
            {
                complaints.Add($"{mailbox} cannot be opened: {refusal.Message}");
            }
        }

        return complaints;
    }

    /// <summary>What is expunged is not missed.</summary>
    internal async Task ExpungeAsync(string set, bool isMissed)
    {
        using var session = await OpenAsync();
        await session.AskAsync("SELECT INBOX");
        foreach (var token in (await session.AskAsync($"FETCH {set} (BODY.PEEK[HEADER.FIELDS (X-TOKEN)])")).Select(Messages.TokenOf).OfType<string>().Where(_ => !isMissed))
            Ledger.Record(new(token, [address], Outcome.NotAccepted));
        await session.AskAsync($"STORE {set} +FLAGS.SILENT (\\Deleted)");
        await session.AskAsync("EXPUNGE");
    }

    /// <summary>Whoever looks at the files and through the server finds each message once, and what no client may see.</summary>
    internal async Task<List<string>> JudgeAsync()
    {
        var complaints = await LookAsync();
        complaints.AddRange(new MailAudit(server.MaildirOf, [address]).Judge(Ledger).Complaints);
        foreach (var folder in Directory.EnumerateDirectories(Maildir, ".*").Prepend(Maildir))
        {
            if (Directory.Exists(Path.Combine(folder, "courier", "importing")))
                complaints.Add($"left: {folder}/courier/importing");
            if (Directory.Exists(Path.Combine(folder, "courier", "placing")))
                complaints.AddRange(Directory.EnumerateFiles(Path.Combine(folder, "courier", "placing")).Select(path => $"left: {path}"));
        }

        return complaints;
    }

    private string NewMessage(int size)
    {
        var token = $"U{address[..address.IndexOf('@', StringComparison.Ordinal)]}.{Guid.NewGuid():N}";
        Ledger.Record(new(token, [address], Outcome.Acknowledged));
        return Messages.Text(token, size);
    }
}
