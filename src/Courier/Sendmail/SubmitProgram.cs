using System.Text;
using Courier.CommandLine;
using Courier.Configuration;
using Courier.Hosting;
using Courier.Mail.Addresses;
using Courier.Mail.Reports;
using Courier.Queue;

namespace Courier.Sendmail;

/// <summary><c>submit [OPTIONS] MODULE "TYPE; HOST" [IDENT]</c>: how programs written for Courier hand in a message. On standard input a line with the sender, one for each recipient,
/// an empty line, and the message; after each line but the last part an answer in SMTP's form.</summary>
/// <remarks>Lines: <c>sender TAB options TAB envid</c> with F, H (RET), 8 and V; <c>recipient TAB notify TAB orcpt</c>. A recipient that is refused is answered and left out.</remarks>
internal sealed class SubmitProgram(Settings settings, TextWriter output)
{
    /// <summary>RFC 5321 §4.5.3.1.4 gives a line 512 octets, extensions add 500 and 100.</summary>
    private const int LineBytesMax = 4096;

    private const int RecipientsMax = 10_000;

    internal async Task<int> RunAsync(IReadOnlyList<string> arguments, Stream input, CancellationToken ct)
    {
        if (arguments.Count(argument => !argument.StartsWith('-')) < 2)
            return ExitCode.Usage;
        var user = LocalUser.Of(settings.Defaults, null);
        if (await LineAsync(input, ct) is not { } first)
            return ExitCode.DataError;
        var fields = first.Split('\t');
        if (SenderOf(fields[0], user) is not { } sender)
        {
            await AnswerAsync("517 Syntax error in the sender's address.");
            return ExitCode.DataError;
        }

        await AnswerAsync("250 Ok.");
        var recipients = new List<EnvelopeRecipient>();
        while (await LineAsync(input, ct) is { Length: > 0 } line)
            await AnswerAsync(recipients.Count >= RecipientsMax ? "431 Too many recipients." : Take(line, user, recipients));
        if (recipients.Count == 0)
        {
            await AnswerAsync("511 No recipient was accepted.");
            return ExitCode.DataError;
        }

        var options = fields.ElementAtOrDefault(1) ?? "";
        var envelope = new Envelope(sender, recipients)
        {
            EnvelopeId = fields.ElementAtOrDefault(2) is { Length: > 0 } id ? id : null,
            ReturnFull = options.Contains('F', StringComparison.Ordinal),
            ReturnHeaders = options.Contains('H', StringComparison.Ordinal),
            Is8Bit = options.Contains('8', StringComparison.Ordinal),
            IsVerp = options.Contains('V', StringComparison.Ordinal) && !sender.IsNull,
            SecureOnly = options.Contains("S{STARTTLS}", StringComparison.OrdinalIgnoreCase),
        };
        var handIn = new HandIn(Stores.LocalSocket(settings), Stores.DropDirectory(settings));
        var (code, text) = await handIn.SendAsync(envelope, stream => input.CopyToAsync(stream, ct), ct);
        await AnswerAsync($"{code} {text}");
        return (code / 100) switch { 2 => ExitCode.Ok, 4 => ExitCode.TemporaryFailure, _ => ExitCode.DataError };
    }

    private static ReversePath? SenderOf(string text, LocalUser user) =>
        text.Length == 0 ? ReversePath.Null : user.Qualify(text) is { } address ? new ReversePath(address) : null;

    private static string Take(string line, LocalUser user, List<EnvelopeRecipient> recipients)
    {
        var fields = line.Split('\t');
        if (user.Qualify(fields[0]) is not { } address)
            return "513 Syntax error in the recipient's address.";
        var notify = NotifyOn.Default;
        foreach (var letter in fields.ElementAtOrDefault(1) ?? "")
            notify |= letter switch { 'S' => NotifyOn.Success, 'F' => NotifyOn.Failure, 'D' => NotifyOn.Delay, 'N' => NotifyOn.Never, _ => NotifyOn.Default };
        if (notify.HasFlag(NotifyOn.Never))
            notify = NotifyOn.Never;
        var original = fields.ElementAtOrDefault(2) is { Length: > 0 } text ? text : null;
        recipients.Add(new EnvelopeRecipient(address, original, notify));
        return "250 Ok.";
    }

    private async Task AnswerAsync(string reply)
    {
        await output.WriteAsync(reply + "\n");
        await output.FlushAsync();
    }

    /// <summary>Byte by byte: what follows the empty line is the message, and stays in the pipe.</summary>
    private static async Task<string?> LineAsync(Stream input, CancellationToken ct)
    {
        var line = new List<byte>();
        var one = new byte[1];
        while (await input.ReadAsync(one, ct) > 0)
        {
            if (one[0] == '\n')
                return Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
            if (line.Count == LineBytesMax)
                return null;
            line.Add(one[0]);
        }

        return null;
    }
}
