using Courier.Imap.Grammar;

namespace Courier.Imap;

/// <summary>How updates are told: what the command at hand allows, and what the client has enabled.</summary>
/// <param name="MayExpunge">Whether numbers may change.</param>
/// <param name="WithUid">Whether FETCH responses carry the UID.</param>
/// <param name="Enabled">What the client understands.</param>
internal readonly record struct UpdateForm(bool MayExpunge, bool WithUid, Extensions Enabled)
{
    /// <summary>What the client does not want to hear (RFC 5465 §3.1).</summary>
    public NotifyEvents Hidden { get; init; }

    /// <summary>The client's own command took messages out: that is its answer, and told in any case.</summary>
    public bool FollowsOwnRemoval { get; init; }

    /// <summary>Whether messages that come and go are told of.</summary>
    public bool TellsMessages => FollowsOwnRemoval || (Hidden & NotifyEvents.MessageNew) == 0;

    /// <summary>VANISHED in the place of EXPUNGE (RFC 7162 §3.2.10, RFC 9586 §3.3).</summary>
    public bool SaysVanished => (Enabled & (Extensions.Qresync | Extensions.UidOnly)) != 0;

    /// <summary>The items of a FETCH that tells of a change of flags (RFC 7162 §3.2.4: with the UID under QRESYNC).</summary>
    public FetchAttributes Items => FetchAttributes.Flags
        | (WithUid || (Enabled & Extensions.Qresync) != 0 ? FetchAttributes.Uid : 0)
        | ((Enabled & Extensions.Condstore) != 0 ? FetchAttributes.ModSeq : 0);

    public bool IsUidOnly => (Enabled & Extensions.UidOnly) != 0;
}
