using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Courier.IO.Platform;

/// <summary>Password hashes by the system's crypt(3): every form that libxcrypt knows, new ones as yescrypt.</summary>
/// <remarks>One check of a yescrypt hash costs some 20 ms of CPU on purpose: callers bound how many run at once.</remarks>
public static partial class PasswordHash
{
    // CRYPT_DATA_SIZE of libxcrypt's struct crypt_data.
    private const int CryptDataBytes = 32768;
    private const int GensaltOutputBytes = 192;

    /// <summary>A new yescrypt hash (<c>$y$</c>) with a random salt and the library's default cost.</summary>
    public static string Create(string password)
    {
        Span<byte> random = stackalloc byte[64];
        RandomNumberGenerator.Fill(random);
        return Crypt(password, Gensalt(random)) ?? throw new NotSupportedException("crypt(3) of this system has no yescrypt");
    }

    /// <summary>Whether the password is the one that was hashed. False for a hash of unknown or damaged form.</summary>
    public static bool Verify(string password, string hash)
    {
        var computed = Crypt(password, hash);
        return computed is not null
            && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(computed), Encoding.UTF8.GetBytes(hash));
    }

    /// <summary>Whether the hash is whole as far as can be seen and of a form that crypt(3) knows; no password is hashed to find out.</summary>
    public static bool IsKnown(string hash)
    {
        // What stands in a shadow file never holds these, and crypt(3) would end at a NUL.
        if (hash.AsSpan().IndexOfAny(":;\n\0") >= 0)
            return false;
        // crypt_checksalt(3) looks at the setting alone, and any two letters are one of traditional DES.
        const int desLength = 13, dollarsAtLeast = 3;
        var isWhole = hash is ['$', ..] ? hash.Count('$') >= dollarsAtLeast && hash is [.., not '$'] : hash is ['_', ..] || hash.Length == desLength;
        // CRYPT_SALT_OK, _METHOD_LEGACY and _TOO_CHEAP can be checked; _INVALID (1) and _METHOD_DISABLED (2) cannot.
        return isWhole && CryptChecksalt(hash) is (0 or 3 or 4);
    }

    private static unsafe string Gensalt(ReadOnlySpan<byte> random)
    {
        var output = stackalloc byte[GensaltOutputBytes];
        fixed (byte* bytes = random)
        {
            var setting = CryptGensalt("$y$", 0, bytes, random.Length, output, GensaltOutputBytes);
            return Marshal.PtrToStringUTF8(setting) ?? throw new NotSupportedException("crypt_gensalt(3) of this system has no yescrypt");
        }
    }

    private static unsafe string? Crypt(string password, string setting)
    {
        var data = (byte*)NativeMemory.AllocZeroed(CryptDataBytes);
        try
        {
            var result = Marshal.PtrToStringUTF8(CryptR(password, setting, data));
            // Failure tokens begin with '*' and never equal the setting (crypt(5)).
            return result is null || result.StartsWith('*') ? null : result;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(new Span<byte>(data, CryptDataBytes));
            NativeMemory.Free(data);
        }
    }

    [LibraryImport("libcrypt.so.1", EntryPoint = "crypt_r", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial nint CryptR(string phrase, string setting, byte* data);

    [LibraryImport("libcrypt.so.1", EntryPoint = "crypt_checksalt", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int CryptChecksalt(string setting);

    [LibraryImport("libcrypt.so.1", EntryPoint = "crypt_gensalt_rn", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial nint CryptGensalt(string prefix, ulong count, byte* random, int randomBytes, byte* output, int outputBytes);
}
