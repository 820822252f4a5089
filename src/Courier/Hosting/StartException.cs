namespace Courier.Hosting;

/// <summary>The server cannot start for a reason that the operator can mend; the message says which, in one line.</summary>
internal sealed class StartException(string message) : Exception(message);
