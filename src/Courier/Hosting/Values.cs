using Courier.Configuration;
using Courier.Configuration.Keys;
using Courier.Net;

namespace Courier.Hosting;

/// <summary>Values in the words of the parts that use them.</summary>
internal static class Values
{
    internal static CleartextLogins CleartextLogins(SettingsValues values) =>
        Enum.Parse<CleartextLogins>(values.Get(AccountKeys.CleartextLogins)!, ignoreCase: true);
}
