using Courier.Configuration;
using Courier.Configuration.Keys;
using Courier.Mail.Addresses;
using Courier.Mail.Reports;
using Courier.Mta.Bounces;

namespace Courier.Hosting;

/// <summary>What reports say and carry, from the settings and from Courier's template files.</summary>
internal static class ReportSettings
{
    /// <summary>A template is a few lines.</summary>
    private const long TemplateBytesMax = 64 * 1024;

    private const string HeaderFile = "dsnheader.txt", FooterFile = "dsnfooter.txt", FailedFile = "dsnfailed.txt", DelayedFile = "dsndelayed.txt",
        DeliveredFile = "dsndelivered.txt", RelayedFile = "dsnrelayed.txt", SubjectNoticeFile = "dsnsubjectnotice.txt", SubjectDelayedFile = "dsnsubjectwarn.txt";

    internal static IReadOnlyList<string> TemplateFiles { get; } = [HeaderFile, FooterFile, FailedFile, DelayedFile, DeliveredFile, RelayedFile, SubjectNoticeFile, SubjectDelayedFile];

    internal static BounceLimits Of(SettingsValues values) => new()
    {
        FullBytes = (int)Math.Min(values.Get(ReportKeys.ReportSize), int.MaxValue / 2),
        Postmaster = values.Get(AccountKeys.Postmaster) ?? PostmasterOf(values.Get(AccountKeys.DefaultDomain) ?? Stores.HostName(values)),
        Words = Words(values.Get(ReportKeys.ReportTemplates)) with { From = values.Get(ReportKeys.ReportFrom) },
    };

    private static MailAddress? PostmasterOf(string domain) => MailAddress.TryParse($"postmaster@{domain}", out var address) ? address : null;

    private static ReportWords Words(string? directory) => directory is null ? new ReportWords() : new ReportWords
    {
        Header = WithoutFields(Read(directory, HeaderFile)),
        Footer = Read(directory, FooterFile),
        Failed = Read(directory, FailedFile),
        Delayed = Read(directory, DelayedFile),
        Delivered = Read(directory, DeliveredFile),
        Relayed = Read(directory, RelayedFile),
        SubjectNotice = Read(directory, SubjectNoticeFile),
        SubjectDelayed = Read(directory, SubjectDelayedFile),
    };

    private static string? Read(string directory, string name)
    {
        var path = Path.Combine(directory, name);
        if (!File.Exists(path))
            return null;
        if (new FileInfo(path).Length > TemplateBytesMax)
            throw new IOException($"{path} is too large for a template");
        return File.ReadAllText(path).Replace("\r\n", "\n", StringComparison.Ordinal);
    }

    /// <summary>Courier's header template begins with the MIME fields of its part; ours is always UTF-8.</summary>
    private static string? WithoutFields(string? template)
    {
        if (template?.StartsWith("Content-Type:", StringComparison.OrdinalIgnoreCase) is not true)
            return template;
        var end = template.IndexOf("\n\n", StringComparison.Ordinal);
        return end < 0 ? "" : template[end..].TrimStart('\n');
    }
}
