using System.Buffers.Binary;

namespace Swarm.Protocol;

/// <summary>The tracker's side of BEP 15: what a client's datagram asks, and the answers to it. The diagrams are at <see cref="Bep15UdpTracker"/>.</summary>
public static class Bep15UdpRequests
{
    /// <summary>Every request begins with 16 bytes: connection id or protocol, action, transaction.</summary>
    public static bool TryReadHead(ReadOnlySpan<byte> request, out ulong connectionId, out UdpTrackerAction action, out uint transaction)
    {
        (connectionId, action, transaction) = (0, default, 0);
        if (request.Length < Bep15UdpTracker.ConnectBytes)
        {
            return false;
        }

        connectionId = BinaryPrimitives.ReadUInt64BigEndian(request);
        action = (UdpTrackerAction)BinaryPrimitives.ReadInt32BigEndian(request[8..]);
        transaction = BinaryPrimitives.ReadUInt32BigEndian(request[12..]);
        return action is >= UdpTrackerAction.Connect and <= UdpTrackerAction.Scrape && (action != UdpTrackerAction.Connect || connectionId == Bep15UdpTracker.ProtocolId);
    }

    /// <summary>The fields of an announce; its IPv4 address is not looked at: who announces stands at the sender's.</summary>
    public static bool TryReadAnnounce(ReadOnlySpan<byte> request, out TrackerQuery query)
    {
        query = default;
        if (request.Length < Bep15UdpTracker.AnnounceBytes)
        {
            return false;
        }

        var wanted = BinaryPrimitives.ReadInt32BigEndian(request[92..]);
        var why = BinaryPrimitives.ReadInt32BigEndian(request[80..]);
        query = new(
            WireHash.Read(request[16..]), PeerId.Read(request.Slice(36, PeerId.Size)), BinaryPrimitives.ReadUInt16BigEndian(request[96..]), BinaryPrimitives.ReadInt64BigEndian(request[64..]) == 0,
            why is >= 0 and <= (int)TrackerEvent.Stopped ? (TrackerEvent)why : TrackerEvent.None, wanted < 0 ? null : wanted);
        return query.Port != 0;
    }

    /// <summary>Torrents that a scrape asks for; 0 if it is none, or of more than fit.</summary>
    public static int CountScraped(ReadOnlySpan<byte> request)
    {
        var rest = request.Length - Bep15UdpTracker.ConnectBytes;
        return rest > 0 && rest % WireHash.Size == 0 && rest / WireHash.Size <= Bep15UdpTracker.MaxScrapes ? rest / WireHash.Size : 0;
    }

    public static WireHash Scraped(ReadOnlySpan<byte> request, int index) => WireHash.Read(request[Bep15UdpTracker.ScrapeBytes(index)..]);

    public static int WriteConnect(Span<byte> to, uint transaction, ulong connectionId)
    {
        WriteHead(to, UdpTrackerAction.Connect, transaction);
        BinaryPrimitives.WriteUInt64BigEndian(to[8..], connectionId);
        return Bep15UdpTracker.ConnectBytes;
    }

    /// <param name="ipv6">The family of the request, whose peers alone are written (BEP 15).</param>
    public static int WriteAnnounce(Span<byte> to, uint transaction, TrackerAnswer answer, bool ipv6)
    {
        WriteHead(to, UdpTrackerAction.Announce, transaction);
        BinaryPrimitives.WriteInt32BigEndian(to[8..], answer.IntervalSeconds);
        BinaryPrimitives.WriteInt32BigEndian(to[12..], answer.Counts.Leeches ?? 0);
        BinaryPrimitives.WriteInt32BigEndian(to[16..], answer.Counts.Seeds ?? 0);
        var peers = PeerEndpoint.Compact(answer.Peers, ipv6);
        peers.CopyTo(to[Bep15UdpTracker.AnnounceHeadBytes..]);
        return Bep15UdpTracker.AnnounceHeadBytes + peers.Length;
    }

    public static int WriteScrape(Span<byte> to, uint transaction, ReadOnlySpan<ScrapeCounts> counts)
    {
        WriteHead(to, UdpTrackerAction.Scrape, transaction);
        for (var i = 0; i < counts.Length; i++)
        {
            var entry = to[(Bep15UdpTracker.HeadBytes + (i * Bep15UdpTracker.ScrapeEntryBytes))..];
            BinaryPrimitives.WriteInt32BigEndian(entry, counts[i].Seeds ?? 0);
            BinaryPrimitives.WriteInt32BigEndian(entry[4..], counts[i].Completed ?? 0);
            BinaryPrimitives.WriteInt32BigEndian(entry[8..], counts[i].Leeches ?? 0);
        }

        return Bep15UdpTracker.HeadBytes + (counts.Length * Bep15UdpTracker.ScrapeEntryBytes);
    }

    public static int WriteError(Span<byte> to, uint transaction, ReadOnlySpan<byte> words)
    {
        WriteHead(to, UdpTrackerAction.Error, transaction);
        words.CopyTo(to[Bep15UdpTracker.HeadBytes..]);
        return Bep15UdpTracker.HeadBytes + words.Length;
    }

    private static void WriteHead(Span<byte> to, UdpTrackerAction action, uint transaction)
    {
        BinaryPrimitives.WriteInt32BigEndian(to, (int)action);
        BinaryPrimitives.WriteUInt32BigEndian(to[4..], transaction);
    }
}
