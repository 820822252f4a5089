using System.IO.Compression;
using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Courier.Net;

/// <summary>One connection, plain or TLS, as a pair of pipes. While nothing arrives no buffer is held: reads wait with zero bytes.</summary>
public sealed class Connection : IAsyncDisposable
{
    // One TCP window's worth of replies is enough before a flush; more is asked for by the writer when it needs it.
    private static readonly StreamPipeReaderOptions _readerOptions = new(bufferSize: 16 * 1024, minimumReadSize: 2048, leaveOpen: true, useZeroByteReads: true);
    private static readonly StreamPipeWriterOptions _writerOptions = new(minimumBufferSize: 4096, leaveOpen: true);
    // A round trip on any line, with a retransmission or two.
    private static readonly TimeSpan _farewellTimeout = TimeSpan.FromSeconds(5);
    private static long _count;

    private readonly Socket? _socket;
    private Stream _stream;

    private Connection(Stream stream, Socket? socket, IPEndPoint local, IPEndPoint remote)
    {
        (_stream, _socket, Local, Remote) = (stream, socket, local, remote);
        Input = PipeReader.Create(stream, _readerOptions);
        Output = PipeWriter.Create(stream, _writerOptions);
        Id = Interlocked.Increment(ref _count);
    }

    /// <summary>Counts up from 1 in this process: what log lines of one connection share.</summary>
    public long Id { get; }

    public IPEndPoint Local { get; private set; }

    public IPEndPoint Remote { get; private set; }

    public PipeReader Input { get; private set; }

    public PipeWriter Output { get; private set; }

    public bool IsSecure => _stream is SslStream;

    /// <summary>As <c>TLSv1.3 TLS_AES_256_GCM_SHA384</c>; null while plain.</summary>
    public string? TlsDescription => _stream is SslStream tls ? $"{tls.SslProtocol.ToString().Replace("Tls1", "TLSv1.", StringComparison.Ordinal)} {tls.NegotiatedCipherSuite}" : null;

    /// <summary>As <c>TLS_AES_256_GCM_SHA384</c>; null while plain.</summary>
    public string? CipherSuite => _stream is SslStream tls ? tls.NegotiatedCipherSuite.ToString() : null;

    /// <summary>Who has logged in, for those who ask the <see cref="SessionBoard"/>.</summary>
    public string? Account { get; set; }

    /// <summary>What the session is at, likewise.</summary>
    public string? Doing { get; set; }

    /// <summary>An operator has ended the session: its token has fired.</summary>
    public bool IsDismissed { get; internal set; }

    public static Connection FromSocket(Socket socket)
    {
        socket.NoDelay = true;
        return new Connection(new NetworkStream(socket, ownsSocket: true), socket, Plain(socket.LocalEndPoint), Plain(socket.RemoteEndPoint));
    }

    /// <summary>Over any duplex stream: tests, and sockets of other kinds.</summary>
    public static Connection FromStream(Stream stream, IPEndPoint local, IPEndPoint remote) => new(stream, null, local, remote);

    /// <summary>Connects to the first address of a host that answers.</summary>
    /// <param name="host">Name or address.</param>
    /// <param name="port">TCP port.</param>
    /// <param name="ct">Bounds the whole attempt.</param>
    public static ValueTask<Connection> ConnectAsync(string host, int port, CancellationToken ct) => ConnectAsync(host, port, null, ct);

    /// <summary>Connects from an address of ours.</summary>
    /// <param name="host">Name or address.</param>
    /// <param name="port">TCP port.</param>
    /// <param name="sources">Which; null leaves it to the system.</param>
    /// <param name="ct">Bounds the whole attempt.</param>
    public static async ValueTask<Connection> ConnectAsync(string host, int port, SourceAddresses? sources, CancellationToken ct)
    {
        SocketException? failure = null;
        foreach (var address in await System.Net.Dns.GetHostAddressesAsync(host, ct))
        {
            try
            {
                return await ConnectAsync(new IPEndPoint(address, port), sources, ct);
            }
            catch (SocketException e)
            {
                failure = e;
            }
        }

        throw failure ?? new SocketException((int)SocketError.HostNotFound);
    }

    /// <summary>Connects to one address.</summary>
    /// <param name="endPoint">Whom to.</param>
    /// <param name="sources">Our addresses; null leaves them to the system.</param>
    /// <param name="ct">Bounds the attempt.</param>
    public static async ValueTask<Connection> ConnectAsync(IPEndPoint endPoint, SourceAddresses? sources, CancellationToken ct)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (sources?.For(endPoint.AddressFamily) is { } source)
                socket.Bind(new IPEndPoint(source, 0));
            await socket.ConnectAsync(endPoint, ct);
            return FromSocket(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Starts TLS as the server. Plaintext that the peer sent ahead is dropped with the old pipe (RFC 3207 §6: else a
    /// stranger on the path could put commands into the secured session).</summary>
    public ValueTask SecureAsServerAsync(SslServerAuthenticationOptions options, CancellationToken ct) =>
        SecureAsync(stream => stream.AuthenticateAsServerAsync(options, ct));

    /// <summary>Starts TLS as the client; bytes that came ahead of it are dropped likewise.</summary>
    public ValueTask SecureAsClientAsync(SslClientAuthenticationOptions options, CancellationToken ct) =>
        SecureAsync(stream => stream.AuthenticateAsClientAsync(options, ct));

    /// <summary>Somebody who is trusted speaks for another: from here on these are the addresses.</summary>
    public void Present(IPEndPoint remote, IPEndPoint? local = null) => (Remote, Local) = (remote, local ?? Local);

    /// <summary>Reads the header of the PROXY protocol, before anything else is read.</summary>
    internal async ValueTask ReadProxyHeaderAsync(CancellationToken ct)
    {
        if (await ProxyHeader.ReadAsync(_stream, ct) is { } addresses)
            Present(addresses.Source, addresses.Destination);
    }

    /// <summary>Whether both directions are deflated.</summary>
    public bool IsCompressed { get; private set; }

    /// <summary>Deflates both directions from here on (RFC 4978). What the peer has sent ahead is compressed already; all that we wrote must be flushed.</summary>
    public void Compress()
    {
        if (IsCompressed)
            throw new InvalidOperationException("It is compressed already.");
        IsCompressed = true;
        Input = PipeReader.Create(new InflateStream(Input.AsStream(leaveOpen: true)), new StreamPipeReaderOptions(leaveOpen: false, useZeroByteReads: false));
        Output = PipeWriter.Create(new DeflateStream(Output.AsStream(leaveOpen: true), CompressionLevel.Fastest, leaveOpen: true), new StreamPipeWriterOptions(minimumBufferSize: 4096, leaveOpen: false));
    }

    /// <summary>Breaks the connection at once: pending reads and writes end with an error.</summary>
    public void Abort()
    {
        if (_socket is null)
            _stream.Dispose();
        else
            _socket.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await Input.CompleteAsync();
        // Last words go out if the peer reads them; one that does not cannot keep us.
        await using var limit = new Timer(static connection => ((Connection)connection!).Abort(), this, _farewellTimeout, Timeout.InfiniteTimeSpan);
        try
        {
            await Output.CompleteAsync();
            if (_stream is SslStream tls)
                await tls.ShutdownAsync();
            _socket?.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or InvalidOperationException or AuthenticationException)
        {
            // The peer has gone, or TLS never came about: there is nobody to say goodbye to.
        }

        await _stream.DisposeAsync();
    }

    private async ValueTask SecureAsync(Func<SslStream, Task> handshake)
    {
        if (IsSecure)
            throw new InvalidOperationException("TLS is on already.");
        await Input.CompleteAsync();
        await Output.CompleteAsync();
        var tls = new SslStream(_stream, leaveInnerStreamOpen: false);
        _stream = tls;
        await handshake(tls);
        Input = PipeReader.Create(tls, _readerOptions);
        Output = PipeWriter.Create(tls, _writerOptions);
    }

    private static IPEndPoint Plain(EndPoint? endPoint) => endPoint is IPEndPoint ip
        ? ip.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(ip.Address.MapToIPv4(), ip.Port) : ip
        : new IPEndPoint(IPAddress.None, 0);
}
