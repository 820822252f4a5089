using System.Text;

namespace Courier.Imap;

/// <summary>What one session says after its login, in a file of the account, where the account has one of the configured name (Courier's IMAPDEBUGFILE):
/// who wants a transcript makes the file, who has enough removes it.</summary>
/// <remarks>Passwords are not in it: it begins after the login, and what could carry one is left out. Messages are not in it either.</remarks>
internal sealed class SessionTranscript
{
    /// <summary>A transcript that was forgotten does not fill the disk.</summary>
    private const long BytesMax = 16 * 1024 * 1024;

    private readonly string _path;
    private readonly ImapSession _session;

    private SessionTranscript(ImapSession session, string path) => (_session, _path) = (session, path);

    /// <summary>Null where none is wanted.</summary>
    public static SessionTranscript? Of(ImapSession session, string maildir)
    {
        if (session.Server.Settings.TranscriptFile is not { } name)
            return null;
        var path = Path.Combine(maildir, name);
        return File.Exists(path) ? new(session, path) : null;
    }

    public void Heard(ReadOnlySpan<byte> command) => Write('C', Redacted(Encoding.Latin1.GetString(command)));

    public void Said(string reply) => Write('S', reply);

    // A proxy may log in again after UNAUTHENTICATE.
    private static string Redacted(string command)
    {
        var words = command.Split(' ', 3);
        return words.Length == 3 && words[1].ToUpperInvariant() is "LOGIN" or "AUTHENTICATE" ? $"{words[0]} {words[1]} (secret)" : command;
    }

    private void Write(char who, string text)
    {
        try
        {
            var file = new FileInfo(_path);
            if (!file.Exists || file.Length > BytesMax)
                return;
            var line = $"{_session.Server.Clock.GetUtcNow():yyyy-MM-ddTHH:mm:ss.fffZ} {_session.Connection.Id} {who}: {text.Replace("\r\n", "\r\n\t", StringComparison.Ordinal)}\r\n";
            File.AppendAllText(_path, line, Encoding.Latin1);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.NoTranscript(_session.Server.Logger, _path, e.Message);
        }
    }
}
