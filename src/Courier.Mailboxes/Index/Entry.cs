using System.Runtime.InteropServices;

namespace Courier.Mailboxes.Index;

/// <summary>Where a message lies and what only this server knows of it.</summary>
[Flags]
internal enum Place : byte
{
    None = 0,

    /// <summary>Its file is in new/, not in cur/.</summary>
    New = 1,

    /// <summary>No session has had it as \Recent yet: what lies in new/, and what APPEND put into cur/ (RFC 3501 §6.3.11).</summary>
    Unclaimed = 2,
}

/// <summary>One message in memory and, in the same bytes, in the index file: 48 of them, and its base name in the chunk.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Entry
{
    /// <summary>The size or date is not known yet: the name did not say and nobody has asked.</summary>
    internal const uint UnknownSize = uint.MaxValue;

    internal const long UnknownDate = long.MinValue;

    internal long ModSeq;

    /// <summary>Internal date, seconds since 1970.</summary>
    internal long Date;

    internal uint Uid;

    /// <summary>Octets on the wire.</summary>
    internal uint Size;

    /// <summary>Where the base name begins in the chunk's names.</summary>
    internal int NameAt;

    /// <summary>What follows the base in the file name: an index into <see cref="TailTable"/>.</summary>
    internal int Tail;

    /// <summary>Index into <see cref="KeywordTable"/>.</summary>
    internal int KeywordSet;

    /// <summary>Where its forms lie in units of <see cref="FormsFile.Unit"/> octets; 0 for none.</summary>
    internal uint FormsAt;

    internal byte NameLength;

    internal MessageFlags Flags;

    internal Place Place;

    /// <summary>Fills the struct to its alignment, so that the bytes on disk are all defined.</summary>
    private byte _reserved;
    private uint _reserved2;

    internal readonly bool IsNew => (Place & Place.New) != 0;

    internal readonly bool IsUnclaimed => (Place & Place.Unclaimed) != 0;

    internal readonly bool IsSeen => (Flags & MessageFlags.Seen) != 0;

    /// <summary>Keeps the compiler from calling the fillers unused.</summary>
    internal readonly bool IsSound => _reserved == 0 && _reserved2 == 0 && NameLength > 0 && NameAt >= 0 && Tail >= 0 && KeywordSet >= 0;

    internal void ClearFillers() => (_reserved, _reserved2) = (0, 0);
}
