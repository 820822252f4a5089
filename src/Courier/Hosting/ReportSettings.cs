using Courier.Configuration;
using Courier.Mail.Addresses;
using Courier.Mail.Reports;
using Courier.Mta.Bounces;

namespace Courier.Hosting;

/// <summary>What reports say and carry, from the settings and from Courier's template files.</summary>
internal static class ReportSettings
{
    /// <summary>A template is a few lines.</summary>
    private const long TemplateBytesMax = 64 * 1024;

    internal static BounceLimits Of(SettingsValues values) => new()
    {
        FullBytes = (int)Math.Min(values.Get(SettingTable.ReportSize), int.MaxValue / 2),
        Postmaster = values.Get(SettingTable.Postmaster) ?? PostmasterOf(values.Get(SettingTable.DefaultDomain) ?? Stores.HostName(values)),
        Words = Words(values.Get(SettingTable.ReportTemplates)) with { From = values.Get(SettingTable.ReportFrom) },
    };

    private static MailAddress? PostmasterOf(string domain) => MailAddress.TryParse($"postmaster@{domain}", out var address) ? address : null;

    private static ReportWords Words(string? directory) => directory is null ? new ReportWords() : new ReportWords
    {
        Header = Read(directory, "dsnheader.txt"),
        Footer = Read(directory, "dsnfooter.txt"),
        Failed = Read(directory, "dsnfailed.txt"),
        Delayed = Read(directory, "dsndelayed.txt"),
        Delivered = Read(directory, "dsndelivered.txt"),
        Relayed = Read(directory, "dsnrelayed.txt"),
        SubjectFailed = Read(directory, "dsnsubjectnotice.txt"),
        SubjectDelayed = Read(directory, "dsnsubjectwarn.txt"),
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
}
