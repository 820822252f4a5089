using Courier.CommandLine;
using Courier.Configuration;
using Courier.Hosting;
using Courier.Mail.Addresses;
using Courier.Queue;

namespace Courier.Sendmail;

/// <summary><c>sendmail</c> and <c>rmail</c>: behave as with -oi, and as with -t where no recipient is named.</summary>
internal sealed class SendmailProgram(Settings settings, TextWriter error)
{
    private readonly HandIn _handIn = new(Stores.LocalSocket(settings), Stores.DropDirectory(settings));

    internal async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken ct)
    {
        if (SendmailArguments.Read(arguments, out var problem) is not { } read)
            return Fail(ExitCode.Usage, problem);
        switch (read.Task)
        {
            case SendmailTask.Nothing:
                return ExitCode.Ok;
            case SendmailTask.PrintQueue:
                return await PrintQueueAsync(ct);
            case SendmailTask.Smtp:
                return await StdioSession.RunAsync(settings, _handIn, LocalUser.Of(settings.Defaults, read.FullName), ct);
            default:
                return await DeliverAsync(read, ct);
        }
    }

    /// <summary><c>rmail [-f SENDER] ADDRESS…</c>: recipients are named, and the return path, which else is UU_USER's at UU_MACHINE.</summary>
    internal async Task<int> RunRmailAsync(IReadOnlyList<string> arguments, CancellationToken ct)
    {
        var (machine, user) = (Environment.GetEnvironmentVariable("UU_MACHINE"), Environment.GetEnvironmentVariable("UU_USER"));
        if (string.IsNullOrEmpty(machine) || string.IsNullOrEmpty(user))
            return Fail(ExitCode.NoPermission, "rmail is for UUCP: UU_MACHINE and UU_USER are not set");
        string? from = null;
        if (arguments is ["-f", var following, ..])
            (from, arguments) = (following, [.. arguments.Skip(2)]);
        else if (arguments is [['-', 'f', .. { Length: > 0 } attached], ..])
            (from, arguments) = (attached, [.. arguments.Skip(1)]);
        if (arguments.Count == 0 || arguments.Any(argument => argument.StartsWith('-')))
            return Fail(ExitCode.Usage, "rmail wants recipients");
        var sender = from?.Trim('<', '>') ?? (user.Contains('@', StringComparison.Ordinal) ? user : $"{user}@{machine}");
        return await DeliverAsync(new SendmailArguments { From = sender, Recipients = arguments }, ct);
    }

    /// <summary>What the server shows this user.</summary>
    internal async Task<int> PrintQueueAsync(CancellationToken ct)
    {
        if (await _handIn.AskAsync(LocalDoor.ListRequest + "\n", ct) is not { } lines)
            return Fail(ExitCode.Unavailable, "the server does not run: `courier queue list` reads the queue without it");
        await Console.Out.WriteAsync(lines.Length == 0 ? "Mail queue is empty\n" : lines);
        return ExitCode.Ok;
    }

    private async Task<int> DeliverAsync(SendmailArguments read, CancellationToken ct)
    {
        var user = LocalUser.Of(settings.Defaults, read.FullName);
        var sender = read.From switch
        {
            null => new ReversePath(user.Address),
            "" => ReversePath.Null,
            var text => user.Qualify(text) is { } address ? new ReversePath(address) : null,
        };
        if (sender is null)
            return Fail(ExitCode.Usage, $"not a mail address: {read.From}");
        await using var input = Console.OpenStandardInput();
        var letter = await Letter.ReadAsync(input, ct);
        var named = read.Recipients.SelectMany(text => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        var recipients = new List<MailAddress>();
        foreach (var text in read.ReadsRecipients ? named.Concat(letter.Recipients(read.OnlyBcc)) : named)
        {
            if (user.Qualify(text) is not { } address)
                return Fail(ExitCode.DataError, $"not a mail address: {text}");
            recipients.Add(address);
        }

        if (recipients.Count == 0)
            return Fail(ExitCode.Usage, "no recipient is named, neither on the command line nor in the header");
        var envelope = new Envelope(sender, [.. recipients.Distinct().Select(address => new EnvelopeRecipient(address, Notify: read.Notify))])
        {
            EnvelopeId = read.EnvelopeId is { } id ? Xtext.Encode(id) : null,
            ReturnFull = read.ReturnFull,
            ReturnHeaders = read.ReturnHeaders,
            IsVerp = read.IsVerp && !sender.IsNull,
            SecureOnly = read.SecureOnly,
            IsUtf8 = !recipients.Append(sender.Address ?? recipients[0]).All(static address => System.Text.Ascii.IsValid(address.ToString())),
        };
        if (read.PrintsOnly)
        {
            await using var output = Console.OpenStandardOutput();
            await letter.WriteAsync(output, user.FromField(sender), read.ReadsRecipients, ct);
            return ExitCode.Ok;
        }

        var (code, reply) = await _handIn.SendAsync(envelope, stream => letter.WriteAsync(stream, user.FromField(sender), read.ReadsRecipients, ct), ct);
        return (code / 100) switch
        {
            2 => ExitCode.Ok,
            4 => Fail(ExitCode.TemporaryFailure, reply),
            _ => Fail(ExitCode.DataError, reply),
        };
    }

    private int Fail(int code, string message)
    {
        error.WriteLine("sendmail: " + message);
        return code;
    }
}
