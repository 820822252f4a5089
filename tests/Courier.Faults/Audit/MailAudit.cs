using System.Text;
using Courier.Faults.Load;

namespace Courier.Faults.Audit;

/// <summary>A message file found in a Maildir.</summary>
public sealed record FoundFile(string Recipient, string Token, string Path, bool IsWhole);

/// <summary>What a run came to; <see cref="Complaints"/> is empty if every promise was kept.</summary>
public sealed record Verdict(int Acknowledged, int InDoubt, int Lost, int Duplicated, int RelayedTwice, IReadOnlyList<string> Complaints);

/// <summary>Holds the client's list of 250s against the Maildirs and the sink.</summary>
/// <remarks>Invariants: every recipient of an acknowledged message has it, a Maildir exactly once and a next hop at least once; one in
/// doubt is there at most once; nothing is torn, unknown, or left in staging once the queue is empty.</remarks>
public sealed class MailAudit(Func<string, string> maildirOf, IReadOnlyList<string> local)
{
    private readonly Dictionary<string, FoundFile> _known = new(StringComparer.Ordinal);

    public Verdict Judge(Ledger ledger, TokenSink? sink = null)
    {
        var complaints = new List<string>();
        var found = local.SelectMany(Files).ToList();
        var counts = found.GroupBy(file => (file.Token, file.Recipient)).ToDictionary(group => group.Key, group => group.Count());
        foreach (var torn in found.Where(file => !file.IsWhole))
            complaints.Add($"torn: {torn.Path}");
        var (lost, duplicated) = (0, 0);
        foreach (var sent in ledger.All)
        {
            foreach (var recipient in sent.Recipients)
            {
                var times = local.Contains(recipient) ? counts.GetValueOrDefault((sent.Token, recipient))
                    : Math.Min(1, sink?.Received.GetValueOrDefault((sent.Token, recipient)) ?? 0);
                if (times == 0 && sent.Outcome == Outcome.Acknowledged)
                    Complain(ref lost, $"lost: {sent.Token} for {recipient} was answered 250");
                if (times > 1)
                    Complain(ref duplicated, $"duplicated: {sent.Token} for {recipient} is there {times} times");
                if (times > 0 && sent.Outcome == Outcome.NotAccepted)
                    complaints.Add($"refused, but there: {sent.Token} for {recipient}");
            }
        }
        complaints.AddRange(found.Where(file => ledger.Find(file.Token)?.Recipients.Contains(file.Recipient) != true)
            .Select(file => $"nobody sent this: {file.Path}"));
        complaints.AddRange(local.SelectMany(Staging).Select(path => $"left in staging: {path}"));
        var twice = sink?.Received.Values.Sum(count => count - 1) ?? 0;
        return new(ledger.Acknowledged, ledger.InDoubt, lost, duplicated, twice, complaints);

        void Complain(ref int count, string text)
        {
            count++;
            complaints.Add(text);
        }
    }

    private IEnumerable<FoundFile> Files(string recipient)
    {
        var root = maildirOf(recipient);
        if (!Directory.Exists(root))
            return [];
        var folders = Directory.EnumerateDirectories(root, ".*").Prepend(root);
        return folders.SelectMany(folder => new[] { Path.Combine(folder, "new"), Path.Combine(folder, "cur") }).Where(Directory.Exists)
            .SelectMany(Directory.EnumerateFiles).Select(file => Read(recipient, file));
    }

    /// <summary>Files never change under one name, so each is read once, however many rounds look at it.</summary>
    private FoundFile Read(string recipient, string file)
    {
        if (_known.TryGetValue(file, out var known))
            return known;
        var text = Encoding.Latin1.GetString(File.ReadAllBytes(file));
        var token = Messages.TokenOf(text) ?? "";
        return _known[file] = new(recipient, token, file, Messages.IsWhole(text, token));
    }

    private IEnumerable<string> Staging(string recipient)
    {
        var staging = Path.Combine(maildirOf(recipient), "courier", "staging");
        return Directory.Exists(staging) ? Directory.EnumerateFiles(staging, "*", SearchOption.AllDirectories) : [];
    }
}
