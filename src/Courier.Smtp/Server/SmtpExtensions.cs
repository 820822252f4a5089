namespace Courier.Smtp.Server;

/// <summary>What a listener may offer in EHLO, and be told not to. STARTTLS and AUTH have settings of their own; ENHANCEDSTATUSCODES,
/// PIPELINING, SIZE and 8BITMIME only describe how we behave anyway.</summary>
[Flags]
public enum SmtpExtensions
{
    None = 0,

    /// <summary>RFC 3461.</summary>
    Dsn = 1,

    /// <summary>RFC 3030 §2: BDAT.</summary>
    Chunking = 2,

    /// <summary>RFC 3030 §3: BODY=BINARYMIME. Only where <see cref="Chunking"/> is offered, too.</summary>
    BinaryMime = 4,

    /// <summary>RFC 6531.</summary>
    Utf8 = 8,

    /// <summary>RFC 9422.</summary>
    Limits = 16,

    /// <summary>RFC 8689; within TLS only.</summary>
    RequireTls = 32,

    /// <summary>XSECURITY, Courier's.</summary>
    Security = 64,

    /// <summary>RFC 2852.</summary>
    DeliverBy = 128,

    /// <summary>RFC 6710.</summary>
    Priority = 256,

    /// <summary>RFC 4865; for submission (§1).</summary>
    FutureRelease = 512,

    /// <summary>RFC 1985; for those who may relay.</summary>
    Etrn = 1024,

    /// <summary>XVERP, Courier's.</summary>
    Verp = 2048,

    /// <summary>XEXDATA, Courier's.</summary>
    ExtendedData = 4096,
}

/// <summary>Their words in EHLO, for those who set up a listener.</summary>
public static class SmtpExtensionWords
{
    public static IReadOnlyDictionary<string, SmtpExtensions> All { get; } = new Dictionary<string, SmtpExtensions>(StringComparer.Ordinal)
    {
        ["DSN"] = SmtpExtensions.Dsn,
        ["CHUNKING"] = SmtpExtensions.Chunking,
        ["BINARYMIME"] = SmtpExtensions.BinaryMime,
        ["LIMITS"] = SmtpExtensions.Limits,
        ["REQUIRETLS"] = SmtpExtensions.RequireTls,
        ["XSECURITY"] = SmtpExtensions.Security,
        ["DELIVERBY"] = SmtpExtensions.DeliverBy,
        ["XVERP"] = SmtpExtensions.Verp,
        ["XEXDATA"] = SmtpExtensions.ExtendedData,
        ["MT-PRIORITY"] = SmtpExtensions.Priority,
        ["FUTURERELEASE"] = SmtpExtensions.FutureRelease,
        ["ETRN"] = SmtpExtensions.Etrn,
        ["SMTPUTF8"] = SmtpExtensions.Utf8,
    };
}
