using System.Collections.Immutable;
using Courier.IO.Files;

namespace Courier.Mailboxes;

/// <summary>One message to append. <paramref name="Date"/> null means now. The caller disposes of the buffer.</summary>
public sealed record AppendMessage(MessageBuffer Message, MessageFlags Flags, ImmutableArray<string> Keywords, DateTimeOffset? Date);

/// <summary>Where appended or copied messages are now (RFC 4315).</summary>
public sealed record Placed(UidValidity UidValidity, IReadOnlyList<Uid> Uids);
