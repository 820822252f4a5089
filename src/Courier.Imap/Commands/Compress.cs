using Courier.Imap.Grammar;
using Courier.Imap.Responses;

namespace Courier.Imap.Commands;

/// <summary>COMPRESS: both directions are deflated from here on, inside of TLS.</summary>
/// <remarks>RFC 4978 §3: compress = "COMPRESS" SP "DEFLATE". Only after login: passwords are not compressed beside what others choose.</remarks>
internal sealed record CompressCommand : ImapCommand
{
    public static CompressCommand Parse(ref ImapParser p)
    {
        p.Space();
        if (p.Name() != "DEFLATE")
            throw new ImapSyntaxException("Unknown algorithm");
        p.End();
        return new();
    }

    public override ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct) => new(
        session.Connection.IsCompressed
            ? Completion.No("COMPRESSIONACTIVE", "It is compressed already")
            : Completion.Ok("Compressed from here on") with
            {
                Then = async () =>
                {
                    await session.Writer.FlushAsync();
                    session.Connection.Compress();
                },
            });
}
