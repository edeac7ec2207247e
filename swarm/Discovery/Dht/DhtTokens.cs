using System.Security.Cryptography;
using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>
/// What get_peers gives and announce_peer must show (BEP 5): an HMAC of the asker's address, so that nobody announces an address at which he receives nothing.
/// Nothing is remembered of a token. The secret changes every five minutes and the one before it holds as long, so a token is good for five to ten.
/// </summary>
internal sealed class DhtTokens(DhtRandom random)
{
    /// <summary>BEP 5: five minutes, and the tokens of ten are accepted.</summary>
    public const long SecretMicros = 300_000_000;

    /// <summary>Guessing one at a thousand a second takes longer than a million secrets live.</summary>
    public const int TokenBytes = 8;

    private byte[]? _secret;
    private byte[]? _before;
    private Instant _since;

    public byte[] For(PeerEndpoint asker, Instant now)
    {
        Rotate(now);
        return Token(_secret!, asker);
    }

    public bool IsGood(ReadOnlySpan<byte> token, PeerEndpoint asker, Instant now)
    {
        Rotate(now);
        return CryptographicOperations.FixedTimeEquals(token, Token(_secret!, asker))
            || (_before is not null && CryptographicOperations.FixedTimeEquals(token, Token(_before, asker)));
    }

    private void Rotate(Instant now)
    {
        if (_secret is not null && now - _since < SecretMicros)
        {
            return;
        }

        _before = _secret is not null && now - _since < 2 * SecretMicros ? _secret : null;
        _secret = new byte[HMACSHA256.HashSizeInBytes];
        random.Fill(_secret);
        _since = now;
    }

    // The address without its port: behind a NAT it may change between two packets.
    private static byte[] Token(byte[] secret, PeerEndpoint asker)
    {
        Span<byte> address = stackalloc byte[16];
        asker.WriteAddress(address);
        return HMACSHA256.HashData(secret, address)[..TokenBytes];
    }
}
