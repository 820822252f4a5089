using System.Globalization;
using Courier.Net;

namespace Courier.Hosting;

/// <summary>Answers an operator about the sessions of this server: one line each, its parts divided by tabs.</summary>
internal static class SessionDesk
{
    private const string Nothing = "-";

    internal static string List(SessionBoard board) => "250 sessions\n" + string.Concat(board.List().Select(session => string.Join('\t',
        session.Id.ToString(CultureInfo.InvariantCulture), session.Service, session.Account ?? Nothing, session.Peer,
        session.Since.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture), Clean(session.Doing), session.Tls ?? Nothing) + "\n"));

    /// <summary>Ends the session of that number, or all of that account.</summary>
    internal static string Kick(SessionBoard board, string which)
    {
        var isNumber = long.TryParse(which, NumberStyles.None, CultureInfo.InvariantCulture, out var id);
        var ended = board.List().Where(session => isNumber ? session.Id == id : which.Equals(session.Account, StringComparison.OrdinalIgnoreCase)).Count(session => board.Dismiss(session.Id));
        return ended == 0 ? "550 there is no such session\n" : string.Create(CultureInfo.InvariantCulture, $"250 {ended} ended\n");
    }

    private static string Clean(string? text) => text is null ? Nothing : string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));
}
