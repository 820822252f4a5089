using Courier.Smtp.Replies;

namespace Courier.Smtp.Client;

/// <summary>What a server offered in its reply to EHLO, as far as we make use of it.</summary>
[Flags]
public enum ServerExtensions
{
    None = 0,

    /// <summary>RFC 2920.</summary>
    Pipelining = 1,

    /// <summary>RFC 1870.</summary>
    Size = 2,

    /// <summary>RFC 6152.</summary>
    EightBitMime = 4,

    /// <summary>RFC 3207.</summary>
    StartTls = 8,

    /// <summary>RFC 3461.</summary>
    Dsn = 16,

    /// <summary>RFC 6531.</summary>
    Utf8 = 32,

    /// <summary>RFC 8689.</summary>
    RequireTls = 64,

    /// <summary>XSECURITY, Courier's.</summary>
    Security = 128,

    /// <summary>RFC 2852.</summary>
    DeliverBy = 256,

    /// <summary>RFC 6710.</summary>
    Priority = 512,

    /// <summary>XVERP, Courier's.</summary>
    Verp = 1024,

    /// <summary>XEXDATA, Courier's.</summary>
    ExtendedData = 2048,

    /// <summary>RFC 3030.</summary>
    Chunking = 4096,
}

internal static class ServerExtensionsReader
{
    /// <summary>The first line is the server's name; each other begins with a keyword (RFC 5321 §4.1.1.1).</summary>
    public static ServerExtensions Read(SmtpReply hello)
    {
        var found = ServerExtensions.None;
        foreach (var line in hello.Text.Split('\n').Skip(1))
        {
            found |= line.Split([' ', '='], 2)[0].ToUpperInvariant() switch
            {
                "PIPELINING" => ServerExtensions.Pipelining,
                "SIZE" => ServerExtensions.Size,
                "CHUNKING" => ServerExtensions.Chunking,
                "8BITMIME" => ServerExtensions.EightBitMime,
                "SMTPUTF8" => ServerExtensions.Utf8,
                "REQUIRETLS" => ServerExtensions.RequireTls,
                "XSECURITY" => ServerExtensions.Security,
                "XVERP" => ServerExtensions.Verp,
                "XEXDATA" => ServerExtensions.ExtendedData,
                "DELIVERBY" => ServerExtensions.DeliverBy,
                "MT-PRIORITY" => ServerExtensions.Priority,
                "DSN" => ServerExtensions.Dsn,
                "STARTTLS" => ServerExtensions.StartTls,
                _ => ServerExtensions.None,
            };
        }

        return found;
    }
}
