using Courier.Mail.Sasl;
using Courier.Net;

namespace Courier.Imap;

/// <summary>What CAPABILITY says (RFC 3501 §6.1.1): only what works, and only where it works.</summary>
internal static class Capabilities
{
    private static readonly string[] _always =
    [
        "IMAP4rev1",      // RFC 3501
        "IMAP4rev2",      // RFC 9051
        "LITERAL+",       // RFC 7888
        "SASL-IR",        // RFC 4959
        "ENABLE",         // RFC 5161
        "ID",             // RFC 2971
        "IDLE",           // RFC 2177
        "NAMESPACE",      // RFC 2342
        "CHILDREN",       // RFC 3348
        "UIDPLUS",        // RFC 4315
        "UNSELECT",       // RFC 3691
        "MULTIAPPEND",    // RFC 3502
        "CATENATE",       // RFC 4469
        "BINARY",         // RFC 3516
        "REPLACE",        // RFC 8508
        "UTF8=ACCEPT",    // RFC 6855
        "UIDONLY",        // RFC 9586
        "MOVE",           // RFC 6851
        "CONDSTORE",      // RFC 7162
        "QRESYNC",        // RFC 7162
        "ESEARCH",        // RFC 4731
        "SEARCHRES",      // RFC 5182
        "WITHIN",         // RFC 5032
        "FILTERS",        // RFC 5466
        "PARTIAL",        // RFC 9394
        "CONTEXT=SEARCH", // RFC 5267
        "CONTEXT=SORT",
        "MULTISEARCH",    // RFC 7377
        "SEARCH=FUZZY",   // RFC 6203
        "NOTIFY",         // RFC 5465
        "UIDBATCHES",     // RFC 10022
        "I18NLEVEL=1",    // RFC 5255
        "LIST-EXTENDED",  // RFC 5258
        "LIST-STATUS",    // RFC 5819
        "LIST-METADATA",  // RFC 9590
        "METADATA",       // RFC 5464
        "METADATA-SERVER",
        "SPECIAL-USE",    // RFC 6154
        "CREATE-SPECIAL-USE",
        "STATUS=SIZE",    // RFC 8438
        "QUOTA",          // RFC 9208
        "QUOTA=RES-STORAGE",
        "QUOTA=RES-MESSAGE",
        "SAVEDATE",       // RFC 8514
        "OBJECTID",       // RFC 8474
        "PREVIEW",        // RFC 8970
        "SORT",           // RFC 5256
        "SORT=DISPLAY",   // RFC 5957
        "ESORT",          // RFC 5267
        "THREAD=ORDEREDSUBJECT",
        "THREAD=REFERENCES",
        "THREAD=REFS",    // draft-ietf-morg-inthread
        "INPROGRESS",     // RFC 9585
        "LANGUAGE",       // RFC 5255
        "UNAUTHENTICATE", // RFC 8437
    ];

    public static string For(ImapSession session)
    {
        var offered = new List<string>(_always) { $"APPENDLIMIT={session.Limits.MessageBytes}" }; // RFC 7889
        // RFC 9738: one word or the other, and neither where there is no limit.
        if (session.Limits.MessagesPerCommand > 0)
            offered.Add($"MESSAGELIMIT={session.Limits.MessagesPerCommand}");
        else if (session.SavesMax > 0)
            offered.Add($"SAVELIMIT={session.SavesMax}");
        if (OffersStartTls(session))
            offered.Add("STARTTLS");
        if (!session.IsLoggedIn && AllowsLogin(session))
            offered.AddRange(SaslExchange.Mechanisms.Select(mechanism => "AUTH=" + mechanism));
        else if (!session.IsLoggedIn)
            offered.Add("LOGINDISABLED"); // §6.2.3
        if (session.IsLoggedIn && !session.Connection.IsCompressed)
            offered.Add("COMPRESS=DEFLATE"); // RFC 4978
        return string.Join(' ', offered);
    }

    public static bool OffersStartTls(ImapSession session) =>
        !session.IsLoggedIn && !session.Connection.IsSecure && session.Server.Settings.StartTls is not null;

    /// <summary>Whether a password may come over this connection.</summary>
    public static bool AllowsLogin(ImapSession session) =>
        session.Connection.IsSecure || session.Server.Settings.CleartextLogins.Allows(session.Connection.Remote.Address);
}
