using System.Text.Json.Serialization;

namespace Courier.CommandLine;

/// <summary>A mailbox of a listing as <c>--json</c> shows it.</summary>
internal sealed record MailboxForm(string Account, string Mailbox, int Messages, int Unseen, bool Subscribed);

/// <summary>A mailbox's figures as <c>--json</c> shows them.</summary>
internal sealed record MailboxFiguresForm(
    string Account, string Mailbox, int Messages, int Unseen, long Bytes, uint UidValidity, uint UidNext, long HighestModSeq, int Keywords, long IndexBytes, int Expunged, long ExpungedBytes, int Staged);

/// <summary>What a check found as <c>--json</c> shows it.</summary>
internal sealed record FindingForm(string Account, string Mailbox, string File, string Kind, string Text, bool Repaired);

/// <summary>A message that can be had back, or with a null file a mailbox, as <c>--json</c> shows it.</summary>
internal sealed record ExpungedForm(string Account, string Mailbox, string? File, DateTimeOffset Expunged, long Bytes, int Messages);

/// <summary>A mailbox that was taken over as <c>--json</c> shows it.</summary>
internal sealed record AdoptedForm(string Account, string Mailbox, int Messages, uint UidValidity, uint UidNext, bool New);

/// <summary>A mailbox that was imported as <c>--json</c> shows it.</summary>
internal sealed record ImportedForm(string Account, string Mailbox, string Source, int Imported, int Known, bool KeptUids);

/// <summary>A folder name in modified UTF-7 as <c>--json</c> shows it.</summary>
internal sealed record FolderNameForm(string Account, string Directory, string Mailbox, bool Renamed);

/// <summary>The JSON shapes of the mailbox commands.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = false)]
[JsonSerializable(typeof(IReadOnlyList<MailboxForm>))]
[JsonSerializable(typeof(IReadOnlyList<MailboxFiguresForm>))]
[JsonSerializable(typeof(IReadOnlyList<FindingForm>))]
[JsonSerializable(typeof(IReadOnlyList<ExpungedForm>))]
[JsonSerializable(typeof(IReadOnlyList<AdoptedForm>))]
[JsonSerializable(typeof(IReadOnlyList<ImportedForm>))]
[JsonSerializable(typeof(IReadOnlyList<FolderNameForm>))]
internal sealed partial class MailboxJson : JsonSerializerContext;
