using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Swarm.Proxy.Control;

/// <summary>The secret that opens <c>/api</c>: 32 random bytes, base64url, in a file of this user alone. Deleting the file revokes it at the next start.</summary>
internal sealed class ControlToken
{
    public const string FileName = "control.token";
    private const int RandomBytes = 32;

    private readonly byte[] _utf8;

    private ControlToken(string text)
    {
        Text = text;
        _utf8 = Encoding.ASCII.GetBytes(text);
    }

    public string Text { get; }

    /// <summary>Keeps the token of the last run, so that bookmarks go on working; a file others could read is replaced.</summary>
    public static ControlToken LoadOrCreate(string stateDirectory)
    {
        var path = Path.Combine(stateDirectory, FileName);
        if (TryRead(path) is { } kept && PrivateFile.IsPrivate(path))
        {
            return new ControlToken(kept);
        }

        var token = new ControlToken(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes)));
        PrivateFile.Write(path, token._utf8);
        return token;
    }

    /// <summary>The token in a file, or null if there is no such file or no token in it.</summary>
    public static string? TryRead(string path)
    {
        try
        {
            var text = File.ReadAllText(path).Trim();
            return text.Length == Base64Url.GetEncodedLength(RandomBytes) && Base64Url.IsValid(text) ? text : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>True if <paramref name="authorization"/> is <c>Bearer</c> and this token; takes as long for a near miss as for a far one.</summary>
    public bool Matches(string? authorization)
    {
        const string Scheme = "Bearer ";
        return authorization is not null
            && authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(authorization[Scheme.Length..].Trim()), _utf8);
    }
}
