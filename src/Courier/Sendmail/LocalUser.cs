using System.Text;
using Courier.Configuration;
using Courier.Configuration.Keys;
using Courier.Hosting;
using Courier.Mail.Addresses;

namespace Courier.Sendmail;

/// <summary>Who writes: from the environment as mail programs set it, else from the system, at the domain of this server.</summary>
internal sealed class LocalUser
{
    private LocalUser(string domain, MailAddress address, string? name) => (Domain, Address, Name) = (domain, address, name);

    /// <summary>What addresses without one get.</summary>
    internal string Domain { get; }

    internal MailAddress Address { get; }

    internal string? Name { get; }

    internal static LocalUser Of(SettingsValues values, string? fullName)
    {
        var domain = values.Get(AccountKeys.DefaultDomain) ?? Stores.HostName(values);
        var user = First("MAILSUSER", "MAILUSER", "LOGNAME", "USER") ?? Environment.UserName;
        var host = First("MAILSHOST", "MAILHOST") ?? domain;
        var address = MailAddress.TryParse($"{user}@{host}", out var own) ? own! : MailAddress.Parse($"postmaster@{domain}");
        return new LocalUser(domain, address, fullName ?? First("MAILNAME", "NAME"));
    }

    internal MailAddress? Qualify(string text)
    {
        var bare = text.Trim().TrimStart('<').TrimEnd('>');
        return MailAddress.TryParse(bare.Contains('@', StringComparison.Ordinal) ? bare : $"{bare}@{Domain}", out var address) ? address : null;
    }

    /// <summary>The From field for a message without one (RFC 5322 §3.4; RFC 2047 for other letters than ASCII).</summary>
    internal string FromField(ReversePath sender)
    {
        var address = sender.Address ?? Address;
        if (Name is not { Length: > 0 } name)
            return address.ToString();
        var clean = new string([.. name.Where(c => !char.IsControl(c))]);
        var shown = clean.All(char.IsAscii)
            ? "\"" + clean.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\""
            : $"=?utf-8?B?{Convert.ToBase64String(Encoding.UTF8.GetBytes(clean))}?=";
        return $"{shown} <{address}>";
    }

    private static string? First(params IEnumerable<string> names) => names.Select(Environment.GetEnvironmentVariable).FirstOrDefault(value => !string.IsNullOrEmpty(value));
}
