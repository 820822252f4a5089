using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Courier.Mail.Sasl.Client;

/// <summary>SCRAM-SHA-256 without channel binding (RFC 5802 §3, RFC 7677): the password is never sent, and the server has to show
/// that it knows it too.</summary>
internal sealed class ScramSha256Client(string user, string password, string? nonce = null) : SaslClient
{
    private const string NoBinding = "n,,";

    /// <summary>A server that asks more wants to keep us busy.</summary>
    /// <remarks>RFC 7677 §4 asks for 4,096 at least; a million take under a second.</remarks>
    private const int IterationsMax = 1_000_000;

    private const int NonceBytes = 18;

    private readonly string _nonce = nonce ?? Convert.ToBase64String(RandomNumberGenerator.GetBytes(NonceBytes));
    private byte[]? _serverSignature;

    public override string Mechanism => "SCRAM-SHA-256";

    public override bool IsComplete => IsProven;

    private bool IsProven { get; set; }

    private string FirstBare => $"n={user.Replace("=", "=3D", StringComparison.Ordinal).Replace(",", "=2C", StringComparison.Ordinal)},r={_nonce}";

    public override byte[] Start() => Encoding.UTF8.GetBytes(NoBinding + FirstBare);

    public override byte[]? Next(byte[] challenge)
    {
        var text = Encoding.UTF8.GetString(challenge);
        if (_serverSignature is null)
            return Prove(text);
        if (IsProven || !text.StartsWith("v=", StringComparison.Ordinal) || !Matches(text[2..]))
            return null;
        IsProven = true;
        return [];
    }

    private byte[]? Prove(string serverFirst)
    {
        if (serverFirst.Split(',') is not [['r', '=', .. var nonce], ['s', '=', .. var salt], ['i', '=', .. var count], ..])
            return null;
        // The server's nonce begins with ours, or it answers somebody else (RFC 5802 §5.1).
        var saltBytes = new byte[salt.Length];
        if (!nonce.StartsWith(_nonce, StringComparison.Ordinal) || nonce.Length == _nonce.Length
            || !Convert.TryFromBase64String(salt, saltBytes, out var saltLength)
            || !int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var iterations) || iterations is 0 or > IterationsMax)
            return null;
        var salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), saltBytes.AsSpan(0, saltLength), iterations, HashAlgorithmName.SHA256, SHA256.HashSizeInBytes);
        var withoutProof = $"c={Convert.ToBase64String(Encoding.ASCII.GetBytes(NoBinding))},r={nonce}";
        var signed = Encoding.UTF8.GetBytes($"{FirstBare},{serverFirst},{withoutProof}");
        var clientKey = HMACSHA256.HashData(salted, "Client Key"u8);
        var proof = HMACSHA256.HashData(SHA256.HashData(clientKey), signed);
        for (var i = 0; i < proof.Length; i++)
            proof[i] ^= clientKey[i];
        _serverSignature = HMACSHA256.HashData(HMACSHA256.HashData(salted, "Server Key"u8), signed);
        return Encoding.UTF8.GetBytes($"{withoutProof},p={Convert.ToBase64String(proof)}");
    }

    private bool Matches(string given)
    {
        var octets = new byte[given.Length];
        return Convert.TryFromBase64String(given, octets, out var length) && CryptographicOperations.FixedTimeEquals(octets.AsSpan(0, length), _serverSignature);
    }
}
