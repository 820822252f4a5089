using System.Buffers.Binary;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Courier.Mail.Addresses;
using Courier.Net;
using Microsoft.Extensions.Logging;

namespace Courier.Mta.Reception.Greylisting;

/// <summary>Puts off the first message of a network, sender and recipient that were not seen together before (RFC 6647): mail servers try again,
/// programs that only want to be rid of their messages seldom do. A network that came back often enough is not put off any more.</summary>
/// <remarks>Kept as hashes in memory, and in a file that a restart reads. Both have a bound; what waits longest makes room.</remarks>
public sealed class Greylist : IDisposable
{
    private const int NetworkBitsV4 = 24;
    private const int NetworkBitsV6 = 64;

    private readonly GreylistSettings _settings;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly GreylistFile _file;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private readonly Lock _saving = new();
    private readonly Dictionary<UInt128, GreylistEntry> _entries;
    private readonly HashSet<UInt128> _changed = [];

    /// <exception cref="IOException">The file cannot be read.</exception>
    public Greylist(GreylistSettings settings, TimeProvider clock, ILogger logger)
    {
        (_settings, _clock, _logger) = (settings, clock, logger);
        _file = new GreylistFile(settings.File);
        _entries = _file.Load();
        _timer = clock.CreateTimer(static greylist => ((Greylist)greylist!).SaveAgain(), this, settings.SaveInterval, Timeout.InfiniteTimeSpan);
    }

    /// <summary>For tests: how much is remembered.</summary>
    internal int Entries
    {
        get
        {
            lock (_gate)
                return _entries.Count;
        }
    }

    /// <summary>Whether mail of this peer, from this sender to this recipient, is taken now.</summary>
    public bool Admits(IPAddress peer, ReversePath sender, MailAddress recipient)
    {
        var network = Key(AddressBits.Network(peer, NetworkBitsV4, NetworkBitsV6), "", "");
        var triplet = Key(AddressBits.Network(peer, NetworkBitsV4, NetworkBitsV6), Folded(sender), recipient.Key);
        var now = (uint)_clock.GetUtcNow().ToUnixTimeSeconds();
        lock (_gate)
        {
            var known = _entries.GetValueOrDefault(network);
            if (known.Passed >= _settings.AllowAfter && IsWithin(known.Last, now, _settings.Keep))
            {
                Set(network, known with { Last = now });
                return true;
            }

            return Passes(triplet, now, network, known);
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        Save();
    }

    private void SaveAgain()
    {
        Save();
        _timer.Change(_settings.SaveInterval, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Writes what is new.</summary>
    internal void Save()
    {
        lock (_saving)
        {
            List<KeyValuePair<UInt128, GreylistEntry>> changed;
            int alive;
            lock (_gate)
            {
                changed = [.. _changed.Where(_entries.ContainsKey).Select(key => KeyValuePair.Create(key, _entries[key]))];
                alive = _entries.Count;
                _changed.Clear();
            }

            if (changed.Count == 0)
                return;
            try
            {
                if (_file.Append(changed, alive))
                    Rewrite();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Log.GreylistNotSaved(_logger, _settings.File, e.Message);
                lock (_gate)
                    _changed.UnionWith(changed.Select(pair => pair.Key));
            }
        }
    }

    private void Rewrite()
    {
        var now = (uint)_clock.GetUtcNow().ToUnixTimeSeconds();
        KeyValuePair<UInt128, GreylistEntry>[] all;
        lock (_gate)
        {
            Forget(now);
            all = [.. _entries];
        }

        _file.Replace(all);
    }

    private bool Passes(UInt128 triplet, uint now, UInt128 network, GreylistEntry known)
    {
        var entry = _entries.GetValueOrDefault(triplet);
        // A clock that was set back must not make anybody wait for it to catch up.
        var first = Math.Min(entry.First, now);
        if (entry.Passed > 0 && IsWithin(entry.Last, now, _settings.Keep))
        {
            Set(triplet, entry with { Last = now });
            return true;
        }

        if (entry.First == 0 || entry.Passed > 0 || !IsWithin(first, now, _settings.RetryWithin))
        {
            Set(triplet, new GreylistEntry(now, 0, 0));
            return false;
        }

        if (now - first < _settings.Delay.TotalSeconds)
            return false;
        Set(triplet, new GreylistEntry(first, now, 1));
        // Many recipients of one message are one success.
        if (known.Passed == 0 || !IsWithin(known.Last, now, _settings.Keep))
            Set(network, new GreylistEntry(now, now, 1));
        else if (!IsWithin(known.Last, now, _settings.Delay))
            Set(network, known with { Last = now, Passed = known.Passed + 1 });
        return true;
    }

    private void Set(UInt128 key, GreylistEntry entry)
    {
        if (_entries.Count >= _settings.EntriesMax && !_entries.ContainsKey(key))
            MakeRoom(entry.First);
        _entries[key] = entry;
        _changed.Add(key);
    }

    /// <summary>Forgets what has expired; where that is not enough, who has waited longest, and at last who passed longest ago.</summary>
    private void MakeRoom(uint now)
    {
        const int tenth = 10;
        Forget(now);
        var excess = _entries.Count - _settings.EntriesMax + (_settings.EntriesMax / tenth) + 1;
        if (excess <= 0)
            return;
        foreach (var (key, _) in _entries.OrderBy(pair => pair.Value.Passed > 0).ThenBy(pair => Math.Max(pair.Value.First, pair.Value.Last)).Take(excess).ToList())
            Remove(key);
    }

    private void Forget(uint now)
    {
        foreach (var (key, entry) in _entries)
        {
            if (!(entry.Passed > 0 ? IsWithin(entry.Last, now, _settings.Keep) : IsWithin(entry.First, now, _settings.RetryWithin)))
                Remove(key);
        }
    }

    private void Remove(UInt128 key)
    {
        _entries.Remove(key);
        _changed.Remove(key);
    }

    private static bool IsWithin(uint then, uint now, TimeSpan time) => now <= then || now - then <= time.TotalSeconds;

    /// <summary>Numbers in a sender's local part count as one: lists put the recipient's number or the message's there.</summary>
    private static string Folded(ReversePath sender)
    {
        if (sender.Address is not { } address)
            return "";
        var folded = new StringBuilder();
        foreach (var c in address.Key)
        {
            if (!char.IsAsciiDigit(c))
                folded.Append(c);
            else if (folded.Length == 0 || folded[^1] != '#')
                folded.Append('#');
        }

        return folded.ToString();
    }

    private static UInt128 Key(UInt128 network, string sender, string recipient)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{network:x}\n{sender}\n{recipient}"), hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }
}
