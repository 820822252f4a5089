using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Courier.Conversations.Language;

namespace Courier.Conversations.Running;

/// <summary>One client connection as bytes: lines and counted runs in, text out, TLS in between when asked for.</summary>
/// <remarks>Text is Latin-1, one char per byte. A read that ran out of time goes on in the background, so nothing is lost by waiting briefly.</remarks>
public sealed class Wire : IDisposable
{
    private readonly TcpClient _client;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly StringBuilder _pending = new();
    private Stream _stream;
    private Task<int>? _reading;

    private Wire(TcpClient client)
    {
        _client = client;
        _stream = client.GetStream();
    }

    /// <summary>The server ended the connection.</summary>
    public bool IsClosed { get; private set; }

    public bool HasInput => _pending.Length > 0;

    public static async Task<Wire> ConnectAsync(IPEndPoint server, bool tls, CancellationToken ct, IPAddress? from = null)
    {
        var client = from is null ? new TcpClient() : new TcpClient(new IPEndPoint(from, 0));
        client.NoDelay = true;
        await client.ConnectAsync(server, ct);
        var wire = new Wire(client);
        if (tls)
            await wire.SecureAsync(ct);
        return wire;
    }

    /// <summary>A connection that somebody made to us.</summary>
    public static Wire Of(TcpClient client)
    {
        client.NoDelay = true;
        return new Wire(client);
    }

    public async Task SecureAsync(CancellationToken ct)
    {
        // The certificate of a server under test is made by itself.
#pragma warning disable CA5359 // the scripts test the protocol, not the certificate
        var secure = new SslStream(_stream, false, (_, _, _, _) => true);
#pragma warning restore CA5359
        await secure.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "mail.example.test",
            EnabledSslProtocols = SslProtocols.None,
        }, ct);
        _stream = secure;
        _pending.Clear();
    }

    public async Task WriteAsync(string text, CancellationToken ct)
    {
        try
        {
            await _stream.WriteAsync(Encoding.Latin1.GetBytes(text), ct);
            await _stream.FlushAsync(ct);
        }
        catch (IOException)
        {
            // The server has hung up, as some scripts expect of it: what it said before is still to be read.
        }
    }

    /// <summary>The next line without its CRLF, or null when the connection has ended.</summary>
    public async Task<string?> ReadLineAsync(Deadline deadline)
    {
        var scanned = 0;
        while (true)
        {
            for (; scanned < _pending.Length; scanned++)
            {
                if (_pending[scanned] != '\n')
                    continue;
                if (scanned == 0 || _pending[scanned - 1] != '\r')
                    throw new ScriptException($"the server ended a line with a bare LF: {_pending.ToString(0, scanned)}");
                var line = _pending.ToString(0, scanned - 1);
                _pending.Remove(0, scanned + 1);
                return line;
            }
            if (!await FillAsync(deadline))
                return _pending.Length == 0 ? null : throw new ScriptException($"the connection ended inside a line: {_pending}");
        }
    }

    public async Task<string> ReadExactlyAsync(int count, Deadline deadline)
    {
        while (_pending.Length < count)
        {
            if (!await FillAsync(deadline))
                throw new ScriptException($"the connection ended inside a literal of {count} bytes");
        }
        var text = _pending.ToString(0, count);
        _pending.Remove(0, count);
        return text;
    }

    /// <summary>Waits until something can be read, if only the end; false if the time is over first.</summary>
    public async Task<bool> HasInputWithinAsync(TimeSpan time)
    {
        if (_pending.Length > 0 || IsClosed)
            return true;
        _reading ??= ReadSomeAsync();
        if (await Task.WhenAny(_reading, Task.Delay(time)) != _reading)
            return false;
        await TakeAsync();
        return true;
    }

    private async Task<bool> FillAsync(Deadline deadline)
    {
        if (IsClosed)
            return false;
        _reading ??= ReadSomeAsync();
        if (await Task.WhenAny(_reading, Task.Delay(deadline.Left)) != _reading)
            throw new TimeoutException($"nothing came within {deadline.Time.TotalSeconds:0.#} s{(_pending.Length > 0 ? $" after “{_pending}”" : "")}");
        return await TakeAsync();
    }

    private async Task<bool> TakeAsync()
    {
        var count = await _reading!;
        _reading = null;
        IsClosed = count == 0;
        _pending.Append(Encoding.Latin1.GetString(_buffer, 0, count));
        return count > 0;
    }

    private async Task<int> ReadSomeAsync()
    {
        try
        {
            return await _stream.ReadAsync(_buffer);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            return 0;
        }
    }

    public void Dispose()
    {
        _stream.Dispose();
        _client.Dispose();
    }
}

/// <summary>A span of time that has begun.</summary>
public sealed class Deadline(TimeSpan time)
{
    private readonly long _start = TimeProvider.System.GetTimestamp();

    public TimeSpan Time => time;

    public TimeSpan Left => time - TimeProvider.System.GetElapsedTime(_start) is { Ticks: > 0 } left ? left : TimeSpan.Zero;

    public bool IsOver => Left == TimeSpan.Zero;
}
