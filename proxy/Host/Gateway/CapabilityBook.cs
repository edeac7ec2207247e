using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Gateway;

/// <summary>
/// The capabilities this node gave out: random words in a URL that let a browser's media element read from one host, or one
/// torrent, through the port it could not use otherwise. Each is good for an hour. Never the control token.
/// </summary>
/// <remarks>Any thread. Tokens are kept as their hashes: a look-up tells nothing about near misses.</remarks>
public sealed class CapabilityBook(TimeProvider time)
{
    /// <summary>What marks a token in a path.</summary>
    public const char Mark = '~';

    /// <summary>256 random bits, base64url.</summary>
    private const int TokenBytes = 32;

    /// <summary>Players of one person; the oldest goes when there are more.</summary>
    private const int KeptMax = 1024;

    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (string Scope, DateTimeOffset Expires)> _issued = [];

    /// <summary>A new token for the host of that target.</summary>
    public (string Token, DateTimeOffset Expires) Issue(OriginTarget target) => Issue(ScopeOf(target));

    /// <summary>A new token for a torrent, by its identity.</summary>
    public (string Token, DateTimeOffset Expires) IssueForTorrent(string infohash) => Issue(ScopeOf(infohash));

    /// <summary>True if the token was given for that host and has not expired.</summary>
    public bool Allows(string token, OriginTarget target) => Allows(token, ScopeOf(target));

    /// <summary>True if the token was given for that torrent and has not expired.</summary>
    public bool AllowsTorrent(string token, string infohash) => Allows(token, ScopeOf(infohash));

    private static string ScopeOf(OriginTarget target) => $"{target.Scheme}://{target.Authority.ToLowerInvariant()}";

    private static string ScopeOf(string infohash) => "torrent:" + infohash.ToLowerInvariant();

    private static string KeyOf(string token) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    private (string Token, DateTimeOffset Expires) Issue(string scope)
    {
        var token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes));
        var expires = time.GetUtcNow() + Lifetime;
        lock (_gate)
        {
            if (_issued.Count >= KeptMax)
            {
                _issued.Remove(_issued.MinBy(static i => i.Value.Expires).Key);
            }

            _issued[KeyOf(token)] = (scope, expires);
        }

        return (token, expires);
    }

    private bool Allows(string token, string scope)
    {
        lock (_gate)
        {
            return _issued.TryGetValue(KeyOf(token), out var issued) && issued.Scope == scope && time.GetUtcNow() < issued.Expires;
        }
    }
}
