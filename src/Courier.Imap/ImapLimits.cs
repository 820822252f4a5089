namespace Courier.Imap;

/// <summary>What one IMAP session may cost. Each number says where it comes from.</summary>
public sealed record ImapLimits
{
    /// <summary>Octets that a stranger may send before login, all together: 64 KiB is enough for every SASL exchange and STARTTLS.</summary>
    public int PreAuthBytes { get; init; } = 64 * 1024;

    /// <summary>Time to log in. Courier gives 60 s; people type passwords into clients that are connected already.</summary>
    public TimeSpan PreAuthTime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Mistakes before login.</summary>
    public int PreAuthBadCommands { get; init; } = 5;

    /// <summary>Mistakes in a row after login; Dovecot allows 20.</summary>
    public int BadCommands { get; init; } = 20;

    /// <summary>Failed logins of one connection: a client has one password, and its user seldom needs more tries.</summary>
    public int LoginFailures { get; init; } = 3;

    /// <summary>Wait after a failed login; doubles with each.</summary>
    public TimeSpan LoginDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest such wait; Dovecot's is 15 s.</summary>
    public TimeSpan LoginDelayMax { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>One command with its literals, without the message of an APPEND. RFC 7162 §4 asks for 8,192 at least; clients
    /// send UID lists of tens of kilobytes, and Dovecot takes 64 KiB.</summary>
    public int CommandBytes { get; init; } = 64 * 1024;

    /// <summary>One literal within a command: names, passwords and search strings are short.</summary>
    public int LiteralBytes { get; init; } = 16 * 1024;

    /// <summary>Literals of one command; a SEARCH may have one for each key.</summary>
    public int LiteralsMax { get; init; } = 256;

    /// <summary>Octets that are read and thrown away for the client's sake when a non-synchronising literal is refused
    /// (RFC 7888 §4); more ends the connection.</summary>
    public long SkipBytes { get; init; } = 100 * 1024 * 1024;

    /// <summary>One line of a SASL exchange (RFC 9051 §9 asks for 12,288).</summary>
    public int SaslLineBytes { get; init; } = 12_288;

    /// <summary>Size of an appended message.</summary>
    public long MessageBytes { get; init; } = 50L * 1024 * 1024;

    /// <summary>Messages of one APPEND (RFC 3502): all of them are held until the last has come.</summary>
    public int AppendMessages { get; init; } = 100;

    /// <summary>An appended message up to this size stays in memory, a larger one goes to a file.</summary>
    public int AppendMemoryBytes { get; init; } = 256 * 1024;

    /// <summary>Brackets, NOT and OR within each other in a SEARCH.</summary>
    public int SearchDepth { get; init; } = 64;

    /// <summary>Keys of one SEARCH; Courier's own cap.</summary>
    public int SearchKeys { get; init; } = 1000;

    /// <summary>Messages that one command may work on (RFC 9738); 0: all there are. Clients that do not know of the limit see part of a mailbox.</summary>
    public int MessagesPerCommand { get; init; }

    /// <summary>Messages that one COPY or APPEND may put into a mailbox (RFC 9738); 0: as many as there are.</summary>
    public int SavesPerCommand { get; init; }

    /// <summary>Searches whose results one session may follow (RFC 5267 §4.3.1 asks for one at least); each keeps what it found.</summary>
    public int SearchContexts { get; init; } = 16;

    /// <summary>Largest sorted result that is followed: it is put in order anew with each message that comes to it.</summary>
    public int SortedContextMessages { get; init; } = 20_000;

    /// <summary>Mailboxes beside the selected one whose messages NOTIFY may watch: each is held open.</summary>
    public int WatchedMailboxes { get; init; } = 256;

    /// <summary>How often a command that takes long says how far it is (RFC 9585 §3 advises 10 s).</summary>
    public TimeSpan ProgressEvery { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Items of one FETCH: each may make the server send the whole message again.</summary>
    public int FetchItems { get; init; } = 100;

    /// <summary>Part numbers in one section, as in BODY[1.2.3]; the MIME reader goes 100 deep.</summary>
    public int SectionDepth { get; init; } = 100;

    /// <summary>Entries of one GETMETADATA or SETMETADATA, and of a mailbox.</summary>
    public int MetadataEntries { get; init; } = 100;

    /// <summary>Octets of one value of METADATA; RFC 5464 §6 leaves it to us. What is longer belongs into a message.</summary>
    public int MetadataValueBytes { get; init; } = 8 * 1024;

    /// <summary>Flags and keywords of one STORE or APPEND.</summary>
    public int FlagsPerCommand { get; init; } = 200;

    /// <summary>Length of one keyword.</summary>
    public int KeywordLength { get; init; } = 255;

    /// <summary>Inactivity after login: not under 30 minutes (RFC 3501 §5.4).</summary>
    public TimeSpan Inactivity { get; init; } = TimeSpan.FromMinutes(31);

    /// <summary>How long the rest of a command that has begun may keep us waiting.</summary>
    public TimeSpan CommandTime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a client may take to read what one flush sends.</summary>
    public TimeSpan WriteTime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a last word (BYE) may take.</summary>
    public TimeSpan ByeTime { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Replies are sent once this much has gathered.</summary>
    public int FlushBytes { get; init; } = 64 * 1024;
}
