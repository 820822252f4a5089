using System.Runtime.InteropServices;

namespace Courier.IO.Platform;

/// <summary>Who we are to the system.</summary>
public static partial class PeerIdentity
{
    /// <summary>Our effective user id.</summary>
    public static uint Own => EffectiveUser();

    /// <summary>Our real user id: who started us.</summary>
    public static uint Real => RealUser();

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "getuid")]
    private static partial uint RealUser();
}
