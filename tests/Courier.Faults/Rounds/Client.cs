using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Courier.Faults.Rounds;

/// <summary>Just enough of a client: it sends, and reads to the tagged line.</summary>
internal sealed class Client(TcpClient connection) : IDisposable
{
    private readonly StreamReader _reader = new(connection.GetStream(), Encoding.Latin1);
    private int _tags;

    public static async Task<Client> OpenAsync(int port, CancellationToken ct)
    {
        var connection = new TcpClient();
        await connection.ConnectAsync(IPAddress.Loopback, port, ct);
        var client = new Client(connection);
        await client._reader.ReadLineAsync(ct);
        await client.AskAsync("LOGIN demo@example.test \"correct horse\"", ct);
        return client;
    }

    public async Task<string> AskAsync(string command, CancellationToken ct)
    {
        var tag = $"t{++_tags}";
        await connection.GetStream().WriteAsync(Encoding.Latin1.GetBytes($"{tag} {command}\r\n"), ct);
        var answer = new StringBuilder();
        while (await _reader.ReadLineAsync(ct) is { } line)
        {
            answer.Append(line).Append('\n');
            if (line.StartsWith(tag + " ", StringComparison.Ordinal))
                return answer.ToString();
        }

        throw new IOException("The server has gone.");
    }

    public void Dispose()
    {
        _reader.Dispose();
        connection.Dispose();
    }
}
