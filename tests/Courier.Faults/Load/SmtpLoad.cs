using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Courier.Faults.Load;

/// <param name="Connections">Clients at once.</param>
/// <param name="Recipients">Addresses to choose from.</param>
/// <param name="MostRecipients">Each message goes to 1 to so many of them.</param>
/// <param name="Pause">Between the messages of one client, so that a round does not fill the disk.</param>
/// <param name="Size">The size of the next message.</param>
public sealed record LoadPlan(int Connections, IReadOnlyList<string> Recipients, int MostRecipients, TimeSpan Pause, Func<Random, int> Size)
{
    /// <summary>Ends by itself after so many messages were acknowledged.</summary>
    public int Messages { get; init; } = int.MaxValue;

    /// <summary>Whether an answer that comes now counts. Not while the power is gone: a real machine would have said nothing any more.</summary>
    public Func<bool> IsHeard { get; init; } = () => true;
}

/// <summary>Clients that send for as long as they are let, through crashes of the server, and write down every answer.</summary>
public sealed class SmtpLoad(IPEndPoint server, LoadPlan plan, Ledger ledger, int seed)
{
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(60);     // RFC 5321 §4.5.3.2 asks for more; a test must end
    private static readonly TimeSpan Reconnect = TimeSpan.FromMilliseconds(20);

    private int _acknowledged;

    public int Acknowledged => _acknowledged;

    public Task RunAsync(CancellationToken ct) => Task.WhenAll(Enumerable.Range(0, plan.Connections).Select(number => Task.Run(() => ClientAsync(number, ct), CancellationToken.None)));

    private async Task ClientAsync(int number, CancellationToken ct)
    {
        var random = new Random(seed * 1000 + number);
        while (!ct.IsCancellationRequested && _acknowledged < plan.Messages)
        {
            try
            {
                using var session = await Session.OpenAsync(server, ct);
                while (!ct.IsCancellationRequested && _acknowledged < plan.Messages)
                {
                    await SendOneAsync(session, number, random);
                    if (plan.Pause > TimeSpan.Zero)
                        await Task.Delay(plan.Pause, ct);
                }
            }
            catch (Exception error) when (error is IOException or SocketException or OperationCanceledException or TimeoutException)
            {
                // The server is gone for a moment; that is what these tests are about.
                await Task.Delay(Reconnect, CancellationToken.None);
            }
        }
    }

    private async Task SendOneAsync(Session session, int number, Random random)
    {
        var token = $"T{seed:x}.{number}.{Guid.NewGuid():N}";
        var recipients = Enumerable.Range(0, random.Next(1, plan.MostRecipients + 1)).Select(_ => plan.Recipients[random.Next(plan.Recipients.Count)])
            .Distinct(StringComparer.Ordinal).ToList();
        var accepted = new List<string>();
        var sent = new Sent(token, recipients, Outcome.NotAccepted);
        try
        {
            await session.WriteAsync($"MAIL FROM:<load@example.org>\r\n{string.Concat(recipients.Select(recipient => $"RCPT TO:<{recipient}>\r\n"))}DATA\r\n");
            var mail = await session.ReplyAsync();
            Judge(mail);
            foreach (var recipient in recipients)
            {
                var reply = await session.ReplyAsync();
                if (reply[0] == '2')
                    accepted.Add(recipient);
                else if (mail[0] == '2')
                    Judge(reply);
            }
            sent = sent with { Recipients = accepted };
            var data = await session.ReplyAsync();
            if (data[0] != '3')
            {
                // After refusals DATA has nothing to work on and 503 is its right answer (RFC 5321 §3.3).
                if (accepted.Count > 0)
                    Judge(data);
                await session.AskAsync("RSET");
                return;
            }
            var text = Messages.Text(token, plan.Size(random));
            // From here on the server may have it all before it falls.
            sent = sent with { Outcome = Outcome.InDoubt };
            ledger.Record(sent);
            await session.WriteAsync(text + ".\r\n");
            var end = await session.ReplyAsync();
            Judge(end);
            sent = sent with { Outcome = !plan.IsHeard() ? Outcome.InDoubt : end[0] == '2' ? Outcome.Acknowledged : Outcome.NotAccepted };
            if (sent.Outcome == Outcome.Acknowledged)
                Interlocked.Increment(ref _acknowledged);
        }
        finally
        {
            ledger.Record(sent);
        }
    }

    private void Judge(string reply)
    {
        if (reply[0] is '4' or '5')
            ledger.Refused(reply);
        if (reply.StartsWith("421", StringComparison.Ordinal))
            throw new IOException(reply);
    }

    /// <summary>One connection: greeted and EHLO said.</summary>
    private sealed class Session : IDisposable
    {
        private readonly TcpClient _client;
        private readonly NetworkStream _stream;
        private readonly StreamReader _reader;

        private Session(TcpClient client)
        {
            _client = client;
            _stream = client.GetStream();
            _reader = new(_stream, Encoding.Latin1);
        }

        public static async Task<Session> OpenAsync(IPEndPoint server, CancellationToken ct)
        {
            var client = new TcpClient { NoDelay = true };
            try
            {
                await client.ConnectAsync(server, ct);
                var session = new Session(client);
                await session.ReplyAsync();
                await session.AskAsync("EHLO load.example.org");
                return session;
            }
            catch
            {
                client.Dispose();
                throw;
            }
        }

        public async Task WriteAsync(string text) => await _stream.WriteAsync(Encoding.Latin1.GetBytes(text));

        public async Task<string> AskAsync(string command)
        {
            await WriteAsync(command + "\r\n");
            return await ReplyAsync();
        }

        public async Task<string> ReplyAsync()
        {
            while (true)
            {
                var line = await _reader.ReadLineAsync().WaitAsync(AnswerTime) ?? throw new IOException("the server closed");
                if (line.Length < 4 || line[3] == ' ')
                    return line.Length >= 3 ? line : throw new IOException($"not a reply: {line}");
            }
        }

        public void Dispose()
        {
            _reader.Dispose();
            _client.Dispose();
        }
    }
}
