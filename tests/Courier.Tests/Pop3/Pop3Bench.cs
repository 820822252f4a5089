using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Courier.Accounts;
using Courier.Mail.Addresses;
using Courier.Mailboxes;
using Courier.Net;
using Courier.Pop3;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Pop3;

/// <summary>One user, ada with the password "secret pass", and her Maildir.</summary>
internal sealed class OneAccount(string maildir) : IAccountDirectory
{
    internal Exception? Failure { get; set; }

    public ValueTask<bool> IsLocalDomainAsync(string domain, CancellationToken ct) => new(domain == "example.test");

    public ValueTask<Account?> FindAsync(MailAddress address, CancellationToken ct) => throw new NotSupportedException();

    public ValueTask<Account?> AuthenticateAsync(string user, string password, CancellationToken ct) => Failure is null
        ? new(user is "ada" && password is "secret pass" ? new Account(MailAddress.Parse("ada@example.test"), maildir) : null)
        : throw Failure;
}

/// <summary>A POP3 server on loopback over a real Maildir, and clients of it.</summary>
internal sealed class Pop3Bench : IAsyncDisposable
{
    private static readonly Lazy<X509Certificate2> _certificate = new(MakeCertificate);
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("courier-pop3-");
    private readonly MailStore _store = new(new MailStoreSettings(), TimeProvider.System, NullLogger<MailStore>.Instance);
    private readonly Listener _listener;
    private int _messages;

    internal Pop3Bench(bool allowsCleartext = true, Pop3Limits? limits = null)
    {
        Maildir = Path.Combine(_directory.FullName, "Maildir");
        foreach (var folder in new[] { "tmp", "new", "cur" })
            Directory.CreateDirectory(Path.Combine(Maildir, folder));
        Accounts = new OneAccount(Maildir);
        var settings = new Pop3Settings("pop.example.test")
        {
            CleartextLogins = allowsCleartext ? CleartextLogins.Always : CleartextLogins.Never,
            Tls = () => new SslServerAuthenticationOptions { ServerCertificate = _certificate.Value },
            Limits = limits ?? new Pop3Limits { LoginFailureDelay = TimeSpan.FromMilliseconds(1) },
        };
        var server = new Pop3Server(settings, Accounts, _store, TimeProvider.System, NullLogger<Pop3Server>.Instance);
        _listener = Listener.Start(new ListenerSettings("pop3", new IPEndPoint(IPAddress.Loopback, 0)), server.ServeAsync, NullLogger.Instance);
    }

    internal string Maildir { get; }

    internal OneAccount Accounts { get; }

    /// <summary>Names in new and cur, without the part before the flags.</summary>
    internal IEnumerable<string> Flags => Directory.GetFiles(Path.Combine(Maildir, "new")).Concat(Directory.GetFiles(Path.Combine(Maildir, "cur")))
        .Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal).Select(name => name.Contains(":2,", StringComparison.Ordinal) ? name[(name.IndexOf(":2,", StringComparison.Ordinal) + 3)..] : "");

    /// <summary>Puts a message into new/ as another program would: LF line ends.</summary>
    internal void Deliver(string text)
    {
        var name = $"{1_700_000_000 + _messages}.M{_messages++}P1.host";
        var temporary = Path.Combine(Maildir, "tmp", name);
        File.WriteAllBytes(temporary, Encoding.Latin1.GetBytes(text.ReplaceLineEndings("\n")));
        File.Move(temporary, Path.Combine(Maildir, "new", name));
    }

    internal async Task<Pop3Client> ConnectAsync()
    {
        var client = new Pop3Client();
        await client.ConnectAsync(_listener.EndPoint);
        Assert.StartsWith("+OK pop.example.test", await client.LineAsync(), StringComparison.Ordinal);
        return client;
    }

    internal async Task<Pop3Client> LogInAsync()
    {
        var client = await ConnectAsync();
        Assert.StartsWith("+OK", await client.AskAsync("USER ada"), StringComparison.Ordinal);
        Assert.StartsWith("+OK", await client.AskAsync("PASS secret pass"), StringComparison.Ordinal);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync();
        await _store.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    private static X509Certificate2 MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
    }
}

/// <summary>Reads and writes lines, in the clear or over TLS.</summary>
internal sealed class Pop3Client : IDisposable
{
    private readonly TcpClient _tcp = new();
    private Stream _stream = Stream.Null;

    internal async Task ConnectAsync(IPEndPoint endPoint)
    {
        await _tcp.ConnectAsync(endPoint);
        _tcp.ReceiveTimeout = 10_000;
        _stream = _tcp.GetStream();
    }

    internal async Task SecureAsync()
    {
        var tls = new SslStream(_stream, leaveInnerStreamOpen: false, (_, certificate, _, _) => certificate?.Subject == "CN=localhost");
        await tls.AuthenticateAsClientAsync("localhost");
        _stream = tls;
    }

    internal async Task SendAsync(string text) => await _stream.WriteAsync(Encoding.UTF8.GetBytes(text));

    internal async Task<string> AskAsync(string line)
    {
        await SendAsync(line + "\r\n");
        return await LineAsync();
    }

    /// <summary>The lines of an answer, without the last; dots taken off.</summary>
    internal async Task<List<string>> ListAsync(string line)
    {
        Assert.StartsWith("+OK", await AskAsync(line), StringComparison.Ordinal);
        return await BlockAsync();
    }

    internal async Task<List<string>> BlockAsync()
    {
        var lines = new List<string>();
        while (await LineAsync() is var line && line != ".")
            lines.Add(line.StartsWith('.') ? line[1..] : line);
        return lines;
    }

    /// <summary>Throws at the end of the connection.</summary>
    internal async Task<string> LineAsync()
    {
        var line = new List<byte>();
        var one = new byte[1];
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            if (await _stream.ReadAsync(one, limit.Token) == 0)
                throw new EndOfStreamException();
            if (one[0] == '\n')
            {
                Assert.Equal((byte)'\r', line[^1]);
                return Encoding.Latin1.GetString([.. line[..^1]]);
            }

            line.Add(one[0]);
        }
    }

    public void Dispose()
    {
        _stream.Dispose();
        _tcp.Dispose();
    }
}
