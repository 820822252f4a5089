using Courier.Queue;

namespace Courier.Mta.Delivery.Remote;

/// <summary>No host of a destination would begin to talk mail.</summary>
/// <param name="kind">Deferred, or Failed where every host refused for good.</param>
/// <param name="status">Enhanced code (RFC 3463).</param>
/// <param name="text">What the last host said, or what is wrong.</param>
/// <param name="server">Which host that was; null when none was reached.</param>
public sealed class HopException(OutcomeKind kind, string status, string text, string? server) : IOException(text)
{
    public OutcomeKind Kind { get; } = kind;

    public string Status { get; } = status;

    public string? Server { get; } = server;

    /// <summary>None of the hosts spoke: trying again at once is a waste.</summary>
    public bool IsUnreachable { get; init; }

    /// <summary>A host was passed over since it had not the TLS that was asked of it.</summary>
    public bool IsAboutTls { get; init; }

    public RecipientOutcome ForRecipient(int number) => new(number, Kind, Status, Message, Server);
}
