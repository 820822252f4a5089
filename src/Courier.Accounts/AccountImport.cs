using Courier.Mail.Addresses;

namespace Courier.Accounts;

/// <summary>Reads the lines of an import and says of each that cannot be taken why.</summary>
internal sealed class AccountImport
{
    internal sealed record Line(int Number, MailAddress Address, string Hash, string Maildir);

    internal List<Line> Accounts { get; } = [];

    internal List<ImportProblem> Problems { get; } = [];

    internal int ProblemCount { get; private set; }

    internal static async ValueTask<AccountImport> ReadAsync(TextReader lines, MaildirTemplate? template, CancellationToken ct)
    {
        var import = new AccountImport();
        for (var number = 1; await lines.ReadLineAsync(ct) is { } line; number++)
            if (line is [not '#', ..])
                import.Add(number, line, template);
        return import;
    }

    internal void Refuse(Line line, AddAccountOutcome outcome) => Refuse(line.Number, outcome switch
    {
        AddAccountOutcome.NoSuchDomain => $"the domain {line.Address.Domain} is not one of ours: add it first",
        AddAccountOutcome.AlreadyExists => $"{line.Address} exists already",
        _ => $"{line.Address}: {outcome}",
    });

    private void Add(int number, string line, MaildirTemplate? template)
    {
        var fields = line.Split('\t');
        if (fields.Length is not (2 or 3))
            Refuse(number, $"expected address, hash and Maildir with tabs between them, found {fields.Length} fields");
        else if (!MailAddress.TryParse(fields[0], out var address))
            Refuse(number, $"{Shown(fields[0])} is not an address");
        else if (!HashForm.IsKnown(fields[1]))
            Refuse(number, $"{address}: the hash is of no form that crypt(3) knows");
        else if ((fields is [_, _, { Length: > 0 } given] ? given : template?.For(address!)) is not { } maildir)
            Refuse(number, $"{address}: no Maildir is given, and none can be made of its name");
        else if (!MaildirTemplate.IsUsable(maildir))
            Refuse(number, $"{address}: {Shown(maildir)} is not an absolute path");
        else
            Accounts.Add(new(number, address!, fields[1], maildir));
    }

    private void Refuse(int number, string problem)
    {
        if (++ProblemCount <= AccountLimits.ImportProblemsShown)
            Problems.Add(new(number, problem));
    }

    /// <summary>As much as fits a terminal's line.</summary>
    private static string Shown(string text)
    {
        const int most = 80;
        return text.Length <= most ? $"\"{text}\"" : $"\"{text[..most]}…\"";
    }
}
