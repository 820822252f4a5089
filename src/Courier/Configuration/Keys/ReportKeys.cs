using Courier.Queue;
using Types = Courier.Configuration.SettingTypes;

namespace Courier.Configuration.Keys;

/// <summary>The keys on what senders are told of their mail.</summary>
internal static class ReportKeys
{
    internal static readonly Setting<long> ReportSize = new("reports", "full_size", Types.Size, "1MiB", "Reports of failure return a whole message, where its sender asked for that, up to this size; of larger ones the header (Courier's dsnlimit).");
    internal static readonly Setting<string> ReportFrom = new("reports", "from", Types.Text, null, "The From field of reports (Courier's dsnfrom). Default: `MAILER-DAEMON` at our name.");
    internal static readonly Setting<string> ReportTemplates = new("reports", "templates", Types.Path, null, "Directory with Courier's template files (`dsnheader.txt`, `dsnfooter.txt`, `dsnfailed.txt`, `dsndelayed.txt`, `dsndelivered.txt`, `dsnrelayed.txt`, `dsnsubjectnotice.txt`, `dsnsubjectwarn.txt`) that take the place of our words; `[#ME#]`, `[#FROMTIME#]` and `[#FROMMTA#]` are filled in.");
    internal static readonly Setting<IReadOnlySet<MessageSource>> SilentReports = new("reports", "suppress", Types.Sources, "none", "Mail that came this way causes no reports to other servers: `smtp` (from strangers), `login` (after a login, or from a peer that may relay by its address), or both with a comma (Courier's ESMTP_BLOCKBACKSCATTER).");
    internal static readonly Setting<bool> ReportsToAccount = new("reports", "to_account", Types.YesNo, "no", "Reports on the mail of an account go to the account, whatever its return path says (Courier's DSNTOAUTHADDR).");

    internal static IReadOnlyList<Setting> All => [ReportSize, ReportFrom, ReportTemplates, SilentReports, ReportsToAccount];
}
