using System.Globalization;
using Courier.Mail.Addresses;
using Courier.Queue.Scheduling;

namespace Courier.Hosting;

/// <summary>What <c>courier show</c> and <c>courier clear</c> are answered.</summary>
internal static class TroubleDesk
{
    internal static string List(TroubledRecipients trouble) => string.Concat(trouble.All.Select(one =>
        string.Create(CultureInfo.InvariantCulture, $"{one.Since:yyyy-MM-dd HH:mm:ss} {(one.IsPermanent ? "failed" : "deferred")} {one.Address}\n")));

    internal static string Clear(TroubledRecipients trouble, string whom)
    {
        if (whom == "all")
            return $"250 {trouble.Clear(null)} cleared\n";
        return !MailAddress.TryParse(whom, out var address) ? $"553 {whom} is not an address\n"
            : trouble.Clear(address) > 0 ? "250 1 cleared\n" : $"550 nothing is known against {whom}\n";
    }
}
