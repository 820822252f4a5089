using System.Net;
using Courier.Configuration;
using Courier.Configuration.Keys;
using Courier.Hosting;
using Courier.IO.Files;
using Courier.Mail.Addresses;
using Courier.Mail.Reports;
using Courier.Net;
using Courier.Queue;
using Courier.Smtp.Replies;
using Courier.Smtp.Server;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Sendmail;

/// <summary><c>sendmail -bs</c>: the server's own SMTP session on standard input and output; what it takes is handed in as any other mail of this user.</summary>
internal static class StdioSession
{
    internal static async Task<int> RunAsync(Settings settings, HandIn handIn, LocalUser user, CancellationToken ct)
    {
        var values = settings.Defaults;
        var server = new SmtpServerSettings(Stores.HostName(values), SmtpRole.Relay)
        {
            AuthOffered = false,
            // What the socket's form has room for.
            Offered = SmtpServerSettings.OfferedBy(SmtpRole.Lmtp) | SmtpExtensions.Dsn | SmtpExtensions.Security | SmtpExtensions.Verp,
            Limits = new SmtpLimits { MessageBytes = values.Get(LimitKeys.MessageSize), Recipients = values.Get(LimitKeys.Recipients) },
        };
        var nobody = new IPEndPoint(IPAddress.Loopback, 0);
        await using var stream = new StdioStream();
        await using var connection = Connection.FromStream(stream, nobody, nobody);
        await new SmtpServer(server, new Reception(handIn, user), NullLogger.Instance, TimeProvider.System).ServeAsync(connection, ct);
        return CommandLine.ExitCode.Ok;
    }

    /// <summary>Takes everything: whoever may start us may send.</summary>
    private sealed class Reception(HandIn handIn, LocalUser user) : IReception
    {
        private const int MemoryBytes = 1 << 20;

        public ValueTask<string?> AuthenticateAsync(string user, string password, CancellationToken ct) => new((string?)null);

        public ValueTask<SmtpReply> BeginAsync(SmtpTransaction transaction, CancellationToken ct) => new(new SmtpReply(250, new EnhancedStatus(2, 1, 0), "Sender ok"));

        public ValueTask<(SmtpReply Reply, MailAddress? Address)> AddRecipientAsync(SmtpTransaction transaction, MailAddress? recipient, CancellationToken ct) =>
            new((new SmtpReply(250, new EnhancedStatus(2, 1, 5), "Recipient ok"), recipient ?? user.Qualify("postmaster")));

        /// <summary>The queue belongs to the server: its own port takes ETRN.</summary>
        public ValueTask<SmtpReply> FlushAsync(SmtpPeer peer, string? domain, CancellationToken ct) =>
            new(new SmtpReply(459, new EnhancedStatus(4, 7, 0), "Ask the server itself for that"));

        public MessageBuffer OpenBuffer() => new(Path.GetTempPath(), MemoryBytes);

        public async ValueTask<IReadOnlyList<SmtpReply>> AcceptAsync(SmtpTransaction transaction, MessageBuffer message, CancellationToken ct)
        {
            var recipients = transaction.Recipients.Select(static one => new EnvelopeRecipient(one.Address, one.OriginalRecipient, one.Notify));
            var envelope = new Envelope(transaction.Mail.Sender, [.. recipients])
            {
                Is8Bit = transaction.Mail.Is8Bit,
                IsUtf8 = transaction.Mail.IsUtf8,
                EnvelopeId = transaction.Mail.EnvelopeId,
                ReturnFull = transaction.Mail.Return == ReturnContent.Full,
                ReturnHeaders = transaction.Mail.Return == ReturnContent.Headers,
                IsVerp = transaction.Mail.IsVerp,
                SecureOnly = transaction.Mail.SecureOnly,
            };
            await using var body = message.OpenRead();
            var (code, text) = await handIn.SendAsync(envelope, stream => body.CopyToAsync(stream, ct), ct);
            // The server's text begins with its enhanced code, which the session writes itself.
            return [SmtpReplyOf(code, text.IndexOf(' ', StringComparison.Ordinal) is var space and > 0 ? text[(space + 1)..] : text)];
        }

        private static SmtpReply SmtpReplyOf(int code, string text) => (code / 100) switch
        {
            2 => new SmtpReply(250, new EnhancedStatus(2, 0, 0), text),
            4 => new SmtpReply(451, new EnhancedStatus(4, 3, 0), text),
            _ => new SmtpReply(554, new EnhancedStatus(5, 6, 0), text),
        };
    }

    /// <summary>Standard input and output as one stream.</summary>
    private sealed class StdioStream : Stream
    {
        private readonly Stream _input = Console.OpenStandardInput();
        private readonly Stream _output = Console.OpenStandardOutput();

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        // A zero-byte read waits for bytes on a socket; on a pipe it would end at once, and so would we.
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            buffer.IsEmpty ? new(0) : _input.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => _output.WriteAsync(buffer, cancellationToken);

        public override Task FlushAsync(CancellationToken cancellationToken) => _output.FlushAsync(cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => _input.Read(buffer, offset, count);

        public override void Write(byte[] buffer, int offset, int count) => _output.Write(buffer, offset, count);

        public override void Flush() => _output.Flush();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
