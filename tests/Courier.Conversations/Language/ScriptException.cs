namespace Courier.Conversations.Language;

/// <summary>A script that cannot be read or does not come true; the message says where and why.</summary>
public sealed class ScriptException : Exception
{
    public ScriptException()
    {
    }

    public ScriptException(string message)
        : base(message)
    {
    }

    public ScriptException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
