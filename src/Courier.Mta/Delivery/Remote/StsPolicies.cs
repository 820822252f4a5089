using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Courier.IO.Files;
using Courier.Net.Dns;
using Microsoft.Extensions.Logging;

namespace Courier.Mta.Delivery.Remote;

/// <summary>Gets the text of a policy from its domain; throws <see cref="IOException"/> when that cannot be had.</summary>
public delegate Task<string> StsFetch(string domain, CancellationToken ct);

/// <summary>The MTA-STS policies of the domains that we send to (RFC 8461), kept in memory and in files, so that a restart does not
/// open a moment without them.</summary>
/// <remarks>A policy holds until its max_age is over, whatever the DNS says meanwhile (§5.1, §10.2: who can suppress the record must not
/// get rid of the policy). A changed id, or half of max_age gone, has it fetched again; where that fails the old one stays.</remarks>
/// <param name="resolver">For the records.</param>
/// <param name="fetch">For the policies.</param>
/// <param name="directory">For the files; null keeps them in memory alone.</param>
/// <param name="clock">Time.</param>
/// <param name="logger">Logs.</param>
public sealed class StsPolicies(IDnsResolver resolver, StsFetch fetch, string? directory, TimeProvider clock, ILogger logger)
{
    /// <summary>Policies kept; Courier's default is the same.</summary>
    private const int PoliciesMax = 1000;

    // RFC 8461 §3.3: fetches that fail are limited in rate.
    private static readonly TimeSpan _retryAfter = TimeSpan.FromMinutes(5);

    private sealed record Kept(string Id, DateTimeOffset Fetched, StsPolicy? Policy, DateTimeOffset RetryAt);

    private readonly ConcurrentDictionary<string, Kept> _kept = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Task<StsPolicy?>> _underWay = new(StringComparer.Ordinal);

    /// <summary>The policy of a domain, also one in testing mode; null where there is none.</summary>
    public async ValueTask<StsPolicy?> FindAsync(string domain, CancellationToken ct)
    {
        // The name becomes a file's.
        if (DnsName.Normalize(domain) is not { } name || name.Contains('/', StringComparison.Ordinal) || name == ".")
            return null;
        var kept = Valid(_kept.GetValueOrDefault(name) ?? Load(name));
        var answer = await resolver.ResolveAsync("_mta-sts." + name, DnsType.Txt, ct);
        // RFC 8461 §3.1: records that do not begin like one are not counted; of more than one, none is.
        var records = answer.Records.OfType<TxtRecord>().Where(record => record.Text.StartsWith("v=STSv1;", StringComparison.Ordinal)).ToList();
        var id = records.Count == 1 ? StsPolicy.IdOf(records[0].Text) : null;
        if (id is null || !IsDue(kept, id))
            return Applicable(kept?.Policy);

        var mine = new TaskCompletionSource<StsPolicy?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var shared = _underWay.GetOrAdd(name, mine.Task);
        if (shared == mine.Task)
            _ = RefreshAsync(name, id, kept, mine);
        return Applicable(await shared.WaitAsync(ct));
    }

    private static StsPolicy? Applicable(StsPolicy? policy) => policy is { Mode: not StsMode.None } ? policy : null;

    /// <summary>Forgets all policies, or that of one domain.</summary>
    public void Purge(string? domain = null)
    {
        _kept.Clear();
        if (!Directory.Exists(directory))
            return;
        foreach (var file in domain is null ? Directory.GetFiles(directory) : [Path.Combine(directory, domain)])
            File.Delete(file);
    }

    private bool IsDue(Kept? kept, string id)
    {
        var now = clock.GetUtcNow();
        if (kept is null)
            return true;
        if (now < kept.RetryAt)
            return false;
        return kept.Policy is null || kept.Id != id || now - kept.Fetched > kept.Policy.MaxAge / 2;
    }

    private Kept? Valid(Kept? kept) =>
        kept?.Policy is { } policy && clock.GetUtcNow() - kept.Fetched >= policy.MaxAge ? kept with { Policy = null } : kept;

    private async Task RefreshAsync(string domain, string id, Kept? old, TaskCompletionSource<StsPolicy?> result)
    {
        var policy = old?.Policy;
        var now = clock.GetUtcNow();
        try
        {
            // The fetch has limits of its own: all who wait share it, and none may cancel it.
            var text = await fetch(domain, CancellationToken.None);
            policy = StsPolicy.Parse(domain, text) ?? throw new InvalidDataException("it is no policy of MTA-STS");
            Keep(domain, new Kept(id, now, policy, now));
            if (directory is not null)
                await SaveAsync(directory, domain, id, now, policy);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            Log.StsUnavailable(logger, domain, e.Message);
            Keep(domain, (old ?? new Kept("", now, null, now)) with { RetryAt = now + _retryAfter });
        }
        finally
        {
            _underWay.TryRemove(domain, out _);
            result.TrySetResult(policy);
        }
    }

    private void Keep(string domain, Kept kept)
    {
        // What is dropped is still in its file.
        if (_kept.Count >= PoliciesMax && !_kept.ContainsKey(domain))
            _kept.Clear();
        _kept[domain] = kept;
    }

    private static async Task SaveAsync(string directory, string domain, string id, DateTimeOffset fetched, StsPolicy policy)
    {
        await Task.Yield();
        Directory.CreateDirectory(directory);
        var files = Directory.GetFiles(directory);
        if (files.Length >= 2 * PoliciesMax)
        {
            foreach (var old in files.OrderBy(File.GetLastWriteTimeUtc).Take(files.Length - PoliciesMax))
                File.Delete(old);
        }

        DurableFile.Replace(Path.Combine(directory, domain), Encoding.UTF8.GetBytes($"{id} {fetched.ToUnixTimeSeconds()}\n{policy.Text}"));
    }

    private Kept? Load(string domain)
    {
        if (directory is null)
            return null;
        try
        {
            var text = File.ReadAllText(Path.Combine(directory, domain));
            var end = text.IndexOf('\n', StringComparison.Ordinal);
            if (end < 0 || text[..end].Split(' ') is not [var id, var time]
                || !long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || StsPolicy.Parse(domain, text[(end + 1)..]) is not { } policy)
                return null;
            var fetched = DateTimeOffset.FromUnixTimeSeconds(seconds);
            var kept = new Kept(id, fetched, policy, fetched);
            Keep(domain, kept);
            return kept;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
