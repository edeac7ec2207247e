using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Swarm.Protocol;

/// <summary>
/// Datagrams of a UDP tracker (BEP 15), all numbers in network order. A connection id from the tracker stands in front of
/// every other request: it proves that the sender gets what is sent to its address.
/// <code>
/// connect   | protocol 0x41727101980 (8) | action 0 (4) | transaction (4) |
///           | action 0 (4) | transaction (4) | connection id (8) |
/// announce  | connection id (8) | action 1 (4) | transaction (4) | infohash (20) | peer id (20) | downloaded (8)
///           | left (8) | uploaded (8) | event (4) | IPv4 address, 0 (4) | key (4) | peers wanted, -1 (4) | port (2) |
///           | action 1 (4) | transaction (4) | interval (4) | leeches (4) | seeds (4) | n × address (4 or 16), port (2) |
/// scrape    | connection id (8) | action 2 (4) | transaction (4) | n × infohash (20) |
///           | action 2 (4) | transaction (4) | n × seeds (4), completed (4), leeches (4) |
/// error     | action 3 (4) | transaction (4) | words |
/// </code>
/// </summary>
public static class Bep15UdpTracker
{
    public const int ConnectBytes = 16;
    public const int AnnounceBytes = 98;

    /// <summary>BEP 15: up to about 74 torrents in one scrape, which is what fits a packet.</summary>
    public const int MaxScrapes = 74;

    /// <summary>No answer is longer: 500 IPv4 peers take 3 KiB.</summary>
    public const int MaxAnswerBytes = 4096;

    /// <summary>What an answer to an announce has in front of its peers.</summary>
    public const int AnnounceHeadBytes = 20;

    internal const ulong ProtocolId = 0x41727101980;

    /// <summary>Action and transaction, in front of every answer.</summary>
    internal const int HeadBytes = 8;

    internal const int ScrapeEntryBytes = 12;
    private const int HashBytes = 20;

    /// <summary>Bytes of a scrape for so many torrents.</summary>
    public static int ScrapeBytes(int torrents) => ConnectBytes + (torrents * HashBytes);

    /// <summary>Action and transaction of an answer; what it answers is known by its transaction alone.</summary>
    public static bool TryReadHead(ReadOnlySpan<byte> answer, out UdpTrackerAction action, out uint transaction)
    {
        (action, transaction) = (default, 0);
        if (answer.Length < HeadBytes)
        {
            return false;
        }

        action = (UdpTrackerAction)BinaryPrimitives.ReadInt32BigEndian(answer);
        transaction = BinaryPrimitives.ReadUInt32BigEndian(answer[4..]);
        return action is >= UdpTrackerAction.Connect and <= UdpTrackerAction.Error;
    }

    public static void WriteConnect(Span<byte> to, uint transaction)
    {
        BinaryPrimitives.WriteUInt64BigEndian(to, ProtocolId);
        WriteRest(to, UdpTrackerAction.Connect, transaction);
    }

    /// <summary>Reads a connect answer; bytes after the id are allowed (BEP 15: at least 16).</summary>
    public static bool TryReadConnect(ReadOnlySpan<byte> answer, out ulong connectionId)
    {
        connectionId = answer.Length >= ConnectBytes ? BinaryPrimitives.ReadUInt64BigEndian(answer[HeadBytes..]) : 0;
        return answer.Length >= ConnectBytes;
    }

    /// <summary>Writes <see cref="AnnounceBytes"/> bytes; the address stays 0, for the tracker takes the sender's.</summary>
    public static void WriteAnnounce(Span<byte> to, ulong connectionId, uint transaction, TrackerAnnounce announce)
    {
        BinaryPrimitives.WriteUInt64BigEndian(to, connectionId);
        WriteRest(to, UdpTrackerAction.Announce, transaction);
        announce.InfoHash.Span.CopyTo(to.Slice(16, HashBytes));
        announce.PeerId.Span.CopyTo(to.Slice(36, HashBytes));
        BinaryPrimitives.WriteInt64BigEndian(to[56..], announce.DownloadedBytes);
        BinaryPrimitives.WriteInt64BigEndian(to[64..], announce.LeftBytes);
        BinaryPrimitives.WriteInt64BigEndian(to[72..], announce.UploadedBytes);
        BinaryPrimitives.WriteInt32BigEndian(to[80..], (int)announce.Event);
        BinaryPrimitives.WriteUInt32BigEndian(to[84..], 0);
        BinaryPrimitives.WriteUInt32BigEndian(to[88..], announce.Key ?? 0);
        BinaryPrimitives.WriteInt32BigEndian(to[92..], announce.NumWant ?? -1);
        BinaryPrimitives.WriteUInt16BigEndian(to[96..], (ushort)announce.Port);
    }

    /// <param name="ipv6">BEP 15: the address family of the packet says how long an address is.</param>
    public static bool TryReadAnnounce(
        ReadOnlySpan<byte> answer, bool ipv6, [NotNullWhen(true)] out TrackerResponse? response, [NotNullWhen(false)] out string? error)
    {
        response = null;
        var entryBytes = ipv6 ? Bep07Ipv6Peers.EntryBytes : Bep23CompactPeers.EntryBytes;
        if (answer.Length < AnnounceHeadBytes)
        {
            error = $"the tracker's answer has {answer.Length} bytes, an announce is answered with {AnnounceHeadBytes} at least";
            return false;
        }

        var peers = new List<PeerEndpoint>((answer.Length - AnnounceHeadBytes) / entryBytes);
        var compact = answer[AnnounceHeadBytes..];
        if (!(ipv6 ? Bep07Ipv6Peers.TryRead(compact, peers) : Bep23CompactPeers.TryRead(compact, peers)))
        {
            error = $"the tracker's answer has {compact.Length} bytes of peers, no multiple of {entryBytes}";
            return false;
        }

        response = new()
        {
            IntervalSeconds = Math.Clamp(BinaryPrimitives.ReadInt32BigEndian(answer[8..]), 0, TrackerResponse.MaxIntervalSeconds),
            Incomplete = Count(answer[12..]),
            Complete = Count(answer[16..]),
            Peers = [.. peers.Distinct()],
        };
        error = null;
        return true;
    }

    /// <summary>Writes <see cref="ScrapeBytes"/> bytes for infohashes of 20 bytes each.</summary>
    public static void WriteScrape(Span<byte> to, ulong connectionId, uint transaction, IReadOnlyList<ReadOnlyMemory<byte>> infoHashes)
    {
        BinaryPrimitives.WriteUInt64BigEndian(to, connectionId);
        WriteRest(to, UdpTrackerAction.Scrape, transaction);
        for (var i = 0; i < infoHashes.Count; i++)
        {
            infoHashes[i].Span.CopyTo(to.Slice(ScrapeBytes(i), HashBytes));
        }
    }

    /// <summary>Reads one entry for each torrent asked for, in that order; false if there are fewer.</summary>
    public static bool TryReadScrape(ReadOnlySpan<byte> answer, Span<ScrapeCounts> counts)
    {
        if (answer.Length < HeadBytes + (counts.Length * ScrapeEntryBytes))
        {
            return false;
        }

        for (var i = 0; i < counts.Length; i++)
        {
            var entry = answer[(HeadBytes + (i * ScrapeEntryBytes))..];
            counts[i] = new(Count(entry), Count(entry[4..]), Count(entry[8..]));
        }

        return true;
    }

    /// <summary>What the tracker refused with, safe to print.</summary>
    public static string ReadError(ReadOnlySpan<byte> answer)
    {
        var words = answer.Length > HeadBytes ? TrackerResponse.Text(answer[HeadBytes..]).Trim() : "";
        return words.Length > 0 ? words : "the tracker gave no reason";
    }

    private static int? Count(ReadOnlySpan<byte> from) => BinaryPrimitives.ReadInt32BigEndian(from) is >= 0 and var count ? count : null;

    private static void WriteRest(Span<byte> to, UdpTrackerAction action, uint transaction)
    {
        BinaryPrimitives.WriteInt32BigEndian(to[8..], (int)action);
        BinaryPrimitives.WriteUInt32BigEndian(to[12..], transaction);
    }
}
