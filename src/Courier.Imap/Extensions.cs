namespace Courier.Imap;

/// <summary>Extensions that change what a session says once the client has asked for them (RFC 5161).</summary>
[Flags]
internal enum Extensions
{
    None = 0,

    /// <summary>FETCH responses carry MODSEQ (RFC 7162 §3.1).</summary>
    Condstore = 1,

    /// <summary>VANISHED in the place of EXPUNGE (RFC 7162 §3.2).</summary>
    Qresync = 2,

    /// <summary>Strings and names of mailboxes are UTF-8 (RFC 6855).</summary>
    Utf8 = 4,

    /// <summary>Sequence numbers are not spoken of any more (RFC 9586).</summary>
    UidOnly = 8,

    /// <summary>The newer protocol where the two differ (RFC 9051).</summary>
    Rev2 = 16,
}
