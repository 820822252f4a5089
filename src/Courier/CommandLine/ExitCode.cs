namespace Courier.CommandLine;

/// <summary>Exit codes of sysexits(3), as mail software has used them since sendmail.</summary>
internal static class ExitCode
{
    internal const int Ok = 0;

    /// <summary>The command line was wrong.</summary>
    internal const int Usage = 64;

    /// <summary>The input was wrong: a file to import.</summary>
    internal const int DataError = 65;

    /// <summary>A file or directory to work on is not there.</summary>
    internal const int NoInput = 66;

    /// <summary>No such account, domain or message.</summary>
    internal const int NoUser = 67;

    /// <summary>Something needed is not there: an address in use, a library missing.</summary>
    internal const int Unavailable = 69;

    /// <summary>A fault of ours.</summary>
    internal const int Software = 70;

    /// <summary>It exists already.</summary>
    internal const int CannotCreate = 73;

    /// <summary>The disk failed us.</summary>
    internal const int IOError = 74;

    /// <summary>It may work later: a name server or host that does not answer.</summary>
    internal const int TemporaryFailure = 75;

    internal const int NoPermission = 77;

    /// <summary>The configuration is wrong.</summary>
    internal const int Configuration = 78;
}
