using System.Collections.Concurrent;

namespace Courier.Faults.Load;

/// <summary>What a client knows of a message: for whom it is and what the server answered to the end of its data.</summary>
public enum Outcome
{
    /// <summary>The end of data was sent and no answer came: kept or not, but never twice.</summary>
    InDoubt,

    /// <summary>250: now it must not be lost.</summary>
    Acknowledged,

    /// <summary>Refused, or never sent to its end: must not be anywhere.</summary>
    NotAccepted,
}

public sealed record Sent(string Token, IReadOnlyList<string> Recipients, Outcome Outcome);

/// <summary>The client's own list of what was promised to it, which lives outside of the machine that loses its power.</summary>
public sealed class Ledger
{
    private readonly ConcurrentDictionary<string, Sent> _sent = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _replies = new();

    public IEnumerable<Sent> All => _sent.Values;

    /// <summary>Refusals as they were worded, for tests that say which are allowed.</summary>
    public IEnumerable<string> Refusals => _replies;

    public int Acknowledged => _sent.Values.Count(sent => sent.Outcome == Outcome.Acknowledged);

    public int InDoubt => _sent.Values.Count(sent => sent.Outcome == Outcome.InDoubt);

    public Sent? Find(string token) => _sent.GetValueOrDefault(token);

    public void Record(Sent sent) => _sent[sent.Token] = sent;

    public void Refused(string reply) => _replies.Enqueue(reply);
}
