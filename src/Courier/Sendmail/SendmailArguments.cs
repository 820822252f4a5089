using Courier.Mail.Reports;

namespace Courier.Sendmail;

/// <summary>What a sendmail is asked to do.</summary>
internal enum SendmailTask
{
    /// <summary>Send the message on standard input.</summary>
    Deliver,

    /// <summary>-bs: speak SMTP on standard input and output.</summary>
    Smtp,

    /// <summary>-bp: print the queue.</summary>
    PrintQueue,

    /// <summary>-bi: newaliases. There is nothing to build.</summary>
    Nothing,
}

/// <summary>The command line of sendmail, as programs have written it for forty years: options stand alone or with their value attached (-fada, -f ada), and
/// many mean nothing here but must not be refused.</summary>
internal sealed record SendmailArguments
{
    /// <summary>They take a value, which nobody needs.</summary>
    private const string IgnoredWithValue = "ABCDGLMOXhpdr";

    internal SendmailTask Task { get; init; }

    /// <summary>-f, -r: the return path; empty for the null path, null for the user's own address.</summary>
    internal string? From { get; init; }

    /// <summary>-F: the name in From.</summary>
    internal string? FullName { get; init; }

    /// <summary>-t, or no recipient on the command line.</summary>
    internal bool ReadsRecipients { get; init; }

    /// <summary>-bcc: of the fields only Bcc gives recipients.</summary>
    internal bool OnlyBcc { get; init; }

    /// <summary>-verp: each recipient's copy has a return path of its own.</summary>
    internal bool IsVerp { get; init; }

    /// <summary>-S starttls: only over TLS with a certificate that was verified.</summary>
    internal bool SecureOnly { get; init; }

    /// <summary>-n: print the message as it would be sent.</summary>
    internal bool PrintsOnly { get; init; }

    internal NotifyOn Notify { get; init; }

    internal bool ReturnFull { get; init; }

    internal bool ReturnHeaders { get; init; }

    internal string? EnvelopeId { get; init; }

    internal bool Is8Bit { get; init; }

    internal IReadOnlyList<string> Recipients { get; init; } = [];

    /// <returns>Null after <paramref name="problem"/> was set.</returns>
    internal static SendmailArguments? Read(IReadOnlyList<string> arguments, out string problem)
    {
        problem = "";
        var read = new SendmailArguments();
        var recipients = new List<string>();
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (argument == "--")
            {
                recipients.AddRange(arguments.Skip(i + 1));
                break;
            }

            if (argument.Length < 2 || argument[0] != '-')
            {
                recipients.Add(argument);
                continue;
            }

            var used = read.TakeOption(argument, i + 1 < arguments.Count ? arguments[i + 1] : null, out var next, out problem);
            if (next is null)
                return null;
            read = next;
            i += used;
        }

        return read with { Recipients = recipients, ReadsRecipients = read.ReadsRecipients || recipients.Count == 0 };
    }

    /// <returns>How many of the following arguments belong to it.</returns>
    private int TakeOption(string argument, string? following, out SendmailArguments? read, out string problem)
    {
        problem = "";
        var attached = argument[2..];
        read = this;
        switch (argument)
        {
            case "-bs": read = this with { Task = SendmailTask.Smtp }; return 0;
            case "-bp": read = this with { Task = SendmailTask.PrintQueue }; return 0;
            case "-bi": read = this with { Task = SendmailTask.Nothing }; return 0;
            case "-bcc": read = this with { OnlyBcc = true, ReadsRecipients = true }; return 0;
            case "-bm": return 0;
            case "-verp": read = this with { IsVerp = true }; return 0;
        }

        switch (argument[1])
        {
            case 'b':
                (read, problem) = (null, $"the mode {argument} is the server's: `courier serve`");
                return 0;
            case 't':
                read = this with { ReadsRecipients = true };
                return 0;
            case 'n':
                read = this with { PrintsOnly = true };
                return 0;
            case 'i' or 'm' or 'e' or 'o' or 'q' or 'v' or 'U' or 's' or 'x':
                // -o and -e carry their value in the same argument, and -q asks for what happens anyway.
                return 0;
        }

        if (!"fFNRVSr".Contains(argument[1], StringComparison.Ordinal))
        {
            if (!IgnoredWithValue.Contains(argument[1], StringComparison.Ordinal))
                (read, problem) = (null, $"unknown option {argument}");
            return attached.Length == 0 ? 1 : 0;
        }

        if ((attached.Length > 0 ? attached : following) is not { } value)
        {
            (read, problem) = (null, $"{argument} wants a value");
            return 0;
        }

        read = WithValue(argument[1], value, out problem);
        return attached.Length > 0 ? 0 : 1;
    }

    private SendmailArguments? WithValue(char option, string value, out string problem)
    {
        problem = "";
        switch (option)
        {
            case 'f' or 'r':
                return this with { From = value.Trim('<', '>') };
            case 'F':
                return this with { FullName = value };
            case 'V':
                return this with { EnvelopeId = value };
            case 'S' when value.ToLowerInvariant() is "none" or "starttls":
                return this with { SecureOnly = value.Equals("starttls", StringComparison.OrdinalIgnoreCase) };
            case 'R' when value.ToLowerInvariant() is "full" or "hdrs":
                return this with { ReturnFull = value.Equals("full", StringComparison.OrdinalIgnoreCase), ReturnHeaders = value.Equals("hdrs", StringComparison.OrdinalIgnoreCase) };
            case 'N' when NotifyOf(value) is { } notify:
                return this with { Notify = notify };
            default:
                problem = option == 'R' ? $"-R wants full or hdrs, not {value}" : option == 'S' ? $"-S wants none or starttls, not {value}" : $"-N wants never, or success, failure and delay with commas, not {value}";
                return null;
        }
    }

    private static NotifyOn? NotifyOf(string text)
    {
        var notify = NotifyOn.Default;
        foreach (var word in text.ToLowerInvariant().Split(','))
        {
            NotifyOn? one = word switch { "never" => NotifyOn.Never, "success" => NotifyOn.Success, "fail" or "failure" => NotifyOn.Failure, "delay" => NotifyOn.Delay, _ => null };
            if (one is not { } known)
                return null;
            notify |= known;
        }

        return notify.HasFlag(NotifyOn.Never) && notify != NotifyOn.Never ? null : notify;
    }
}
