using System.Globalization;
using System.Text;
using Courier.IO.Files;
using Courier.Mail.Headers;
using Courier.Mta.Reception.Bodies;
using Courier.Mta.Reception.Headers;
using Courier.Queue;
using Courier.Queue.Handover;
using Microsoft.Extensions.Logging;

namespace Courier.Mta.Reception;

/// <summary>What became of a message of a local program.</summary>
/// <param name="Id">The queue's id when it was accepted.</param>
/// <param name="Code">As an SMTP reply: 250, 4xx to try again, 5xx never.</param>
/// <param name="Text">In words.</param>
public sealed record LocalReply(QueueId? Id, int Code, string Text)
{
    public bool IsTransient => Code / 100 == 4;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Code} {Text}");
}

/// <summary>Mail of programs on this machine, which the system has told us the user of. Any user may send to anybody; what the program left out of the header
/// is added (RFC 6409 §8). An address that turns out not to exist is reported, not refused: programs that send lists would stop at it.</summary>
public sealed class LocalReception
{
    private readonly ReceptionSettings _settings;
    private readonly SubmissionFileLimits _limits;
    private readonly ISubmission _submission;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly FreeSpace _space;
    private readonly HeaderRewriter _rewriter;

    public LocalReception(ReceptionSettings settings, SubmissionFileLimits limits, ISubmission submission, TimeProvider clock, ILogger<LocalReception> logger)
    {
        (_settings, _limits, _submission, _clock, _logger) = (settings, limits, submission, clock, logger);
        _space = new FreeSpace(settings.SpoolDirectory, settings.FreeMin, clock, logger);
        _rewriter = new HeaderRewriter(settings.Limits.HeaderBytes, OpenBuffer);
    }

    /// <summary>Reads one message in the form of <see cref="SubmissionFile"/> and queues it. Passing trouble of ours is a reply of 4xx.</summary>
    public async ValueTask<LocalReply> AcceptAsync(Stream stream, uint user, CancellationToken ct)
    {
        if (!_space.HasRoomFor(0))
            return new LocalReply(null, 452, "4.3.1 There is no room for it now");
        try
        {
            using var message = OpenBuffer();
            var envelope = await SubmissionFile.ReadAsync(stream, message, _limits, ct);
            using var rewritten = _rewriter.Rewrite(message, _settings.Headers, isSubmitted: true);
            using var recoded = await BodyRecoder.RecodeAsync(rewritten ?? message, _settings.Body, OpenBuffer, ct);
            if (recoded is not null)
                envelope = envelope with { Is8Bit = BodyRecoder.Is8Bit(recoded) };
            return await QueueAsync(envelope with { Source = MessageSource.Local }, recoded ?? rewritten ?? message, user, ct);
        }
        catch (InvalidDataException e)
        {
            return new LocalReply(null, 554, "5.6.0 " + e.Message);
        }
        catch (IOException e)
        {
            return new LocalReply(null, 451, "4.3.0 " + e.Message);
        }
    }

    private async ValueTask<LocalReply> QueueAsync(Envelope envelope, MessageBuffer message, uint user, CancellationToken ct)
    {
        var header = HeaderSummary.Of(message, _settings.Limits.HeaderBytes);
        if (_settings.Limits.Refuse(header) is { } tooLarge)
            return new LocalReply(null, tooLarge.Code, $"{tooLarge.Status} {tooLarge.Text}");
        if (header.Received > _settings.Limits.ReceivedFields)
            return new LocalReply(null, 554, "5.4.6 It has gone through too many servers: a loop");
        var now = _clock.GetUtcNow();
        var trace = new StringBuilder(256);
        trace.Append(CultureInfo.InvariantCulture, $"Received: from localhost (uid {user})\r\n\tby {_settings.HostName} with local");
        // As elsewhere: with several recipients the field would tell each of the others.
        if (envelope.Recipients is [var only])
            trace.Append(CultureInfo.InvariantCulture, $"\r\n\tfor <{only.Address}>");
        trace.Append(CultureInfo.InvariantCulture, $"; {MailDate.Format(now)}\r\n");
        trace.Complete(header, _settings.Headers, _settings.HostName, isSubmitted: true, now);
        if (!header.IsHeader)
            trace.Append("\r\n");
        var origin = OriginOf(user);
        var bytes = message.Length;
        var id = await _submission.SubmitAsync(new Submission(envelope with { TlsIsOptional = header.TlsIsOptional }, Encoding.UTF8.GetBytes(trace.ToString()), message, origin), ct);
        Log.Accepted(_logger, id.ToString(), origin, "local", envelope.Sender.ToString(), envelope.Recipients.Count, bytes, "");
        return new LocalReply(id, 250, $"2.0.0 {id}");
    }

    private MessageBuffer OpenBuffer() => new(_settings.SpoolDirectory, _settings.Limits.MessageMemoryBytes);

    /// <summary>How listings name a user, and how a user's own messages are known.</summary>
    public static string OriginOf(uint user) => string.Create(CultureInfo.InvariantCulture, $"uid {user}");
}
