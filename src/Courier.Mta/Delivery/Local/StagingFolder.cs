using System.Globalization;
using Courier.Queue;

namespace Courier.Mta.Delivery.Local;

/// <summary>What lies in <c>courier/staging/</c> of a Maildir and may be deleted. Names of the queue's copies are
/// <c>&lt;seconds&gt;.M&lt;µs&gt;Q&lt;queue id&gt;R&lt;n&gt;.&lt;host&gt;</c> with sizes behind.</summary>
internal static class StagingFolder
{
    internal static string Of(string maildir) => Path.Combine(maildir, "courier", "staging");

    internal static string NameOf(DateTimeOffset time, QueueId id, int recipient, string host)
    {
        var microseconds = time.Ticks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond;
        return string.Create(CultureInfo.InvariantCulture, $"{time.ToUnixTimeSeconds()}.M{microseconds}Q{id}R{recipient}.{host}");
    }

    /// <summary>Deletes copies that a crash left before they were committed as staged. Called before this process writes its first copy
    /// into the Maildir, so whatever of the queue lies there is from before, and the spool says which of it counts.</summary>
    /// <param name="maildir">The Maildir.</param>
    /// <param name="host">Our name in file names: copies of other hosts are theirs.</param>
    /// <param name="committed">Names that the spool knows as staged: never touched.</param>
    /// <param name="started">When this process began; anything younger may be another's work under way.</param>
    /// <param name="strayAge">Age at which other files are left over.</param>
    /// <returns>How many.</returns>
    internal static int Sweep(string maildir, string host, IReadOnlySet<string> committed, DateTimeOffset started, TimeSpan strayAge)
    {
        var folder = Of(maildir);
        if (!Directory.Exists(folder))
            return 0;
        var swept = 0;
        foreach (var path in Directory.EnumerateFiles(folder))
        {
            var limit = IsOfQueue(Path.GetFileName(path), host) ? started : started - strayAge;
            if (committed.Contains(Path.GetFileName(path)) || File.GetLastWriteTimeUtc(path) >= limit.UtcDateTime)
                continue;
            File.Delete(path);
            swept++;
        }

        return swept;
    }

    /// <summary>After a write that failed half way.</summary>
    internal static void DeletePartial(string maildir, string name)
    {
        try
        {
            foreach (var path in Directory.EnumerateFiles(Of(maildir), name + "*"))
                File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It counts for nothing and is swept at the next start.
        }
    }

    internal static bool IsOfQueue(string fileName, string host)
    {
        var id = fileName.IndexOf('Q', StringComparison.Ordinal);
        var dot = id < 0 ? -1 : fileName.IndexOf('.', id);
        if (dot < 0 || !fileName.AsSpan(dot + 1).StartsWith(host, StringComparison.Ordinal))
            return false;
        var numbers = fileName[(id + 1)..dot].Split('R');
        var rest = fileName.AsSpan(dot + 1 + host.Length);
        return numbers is [var message, var recipient] && QueueId.TryParse(message, out _) && int.TryParse(recipient, NumberStyles.None, CultureInfo.InvariantCulture, out _)
            && (rest.IsEmpty || rest[0] is ',' or '.');
    }
}
