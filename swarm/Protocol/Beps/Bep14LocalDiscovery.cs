using System.Buffers.Text;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Swarm.Protocol;

/// <summary>
/// "I take part in these torrents, and take connections at this port", called out in the local network (BEP 14). The address is the sender's.
/// <code>
/// BT-SEARCH * HTTP/1.1 ⏎
/// Host: 239.192.152.143:6771 ⏎
/// Port: 6881 ⏎
/// Infohash: 40 hex digits ⏎        once or more
/// cookie: what tells the sender's own words from others' ⏎ ⏎ ⏎
/// </code>
/// </summary>
public sealed record Bep14LocalDiscovery(ushort Port, ImmutableArray<WireHash> InfoHashes, string? Cookie)
{
    public const int MulticastPort = 6771;

    /// <summary>BEP 14: no more than fits a packet.</summary>
    public const int MaxBytes = 1400;

    /// <summary>26 lines of 50 bytes beside the rest would fit.</summary>
    public const int MaxInfoHashes = 24;

    private const int MaxLines = 48;
    private const int MaxCookieChars = 64;

    /// <summary>Null if it is none, too long, or names no port or no torrent. Lines may end in LF alone; unknown ones are passed over.</summary>
    public static Bep14LocalDiscovery? Read(ReadOnlySpan<byte> datagram)
    {
        if (datagram.Length > MaxBytes || !datagram.StartsWith("BT-SEARCH "u8))
        {
            return null;
        }

        ushort port = 0;
        string? cookie = null;
        var hashes = ImmutableArray.CreateBuilder<WireHash>();
        var lines = 0;
        foreach (var range in datagram.Split((byte)'\n'))
        {
            var line = datagram[range].TrimEnd((byte)'\r');
            var colon = line.IndexOf((byte)':');
            if (++lines > MaxLines || colon < 0)
            {
                continue;
            }

            var name = line[..colon];
            var value = Trim(line[(colon + 1)..]);
            if (Ascii.EqualsIgnoreCase(name, "Port"u8))
            {
                port = Utf8Parser.TryParse(value, out ushort number, out var used) && used == value.Length ? number : (ushort)0;
            }
            else if (Ascii.EqualsIgnoreCase(name, "Infohash"u8) && hashes.Count < MaxInfoHashes && TryReadHash(value, out var hash) && !hashes.Contains(hash))
            {
                hashes.Add(hash);
            }
            else if (Ascii.EqualsIgnoreCase(name, "cookie"u8) && value.Length <= MaxCookieChars)
            {
                cookie = Encoding.ASCII.GetString(value);
            }
        }

        return port == 0 || hashes.Count == 0 ? null : new(port, hashes.ToImmutable(), cookie);
    }

    public byte[] Write(bool ipv6)
    {
        var text = new StringBuilder(256);
        text.Append(CultureInfo.InvariantCulture, $"BT-SEARCH * HTTP/1.1\r\nHost: {(ipv6 ? "[ff15::efc0:988f]" : "239.192.152.143")}:{MulticastPort}\r\nPort: {Port}\r\n");
        foreach (var hash in InfoHashes)
        {
            text.Append(CultureInfo.InvariantCulture, $"Infohash: {hash}\r\n");
        }

        if (Cookie is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"cookie: {Cookie}\r\n");
        }

        return Encoding.ASCII.GetBytes(text.Append("\r\n\r\n").ToString());
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> value) => value.Trim(" \t"u8);

    private static bool TryReadHash(ReadOnlySpan<byte> hex, out WireHash hash)
    {
        Span<byte> bytes = stackalloc byte[WireHash.Size];
        hash = default;
        if (hex.Length != 2 * WireHash.Size || Convert.FromHexString(hex, bytes, out _, out _) != System.Buffers.OperationStatus.Done)
        {
            return false;
        }

        hash = WireHash.Read(bytes);
        return true;
    }
}
