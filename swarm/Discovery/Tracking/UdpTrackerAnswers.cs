using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>A tracker's datagrams (BEP 15): one in, at most one out. Who has not shown that it receives at its address gets no more bytes than it sent.</summary>
public sealed class UdpTrackerAnswers(Tracker tracker, AddressProof ids)
{
    /// <summary>BEP 15: clients use an id for a minute, trackers take it for two.</summary>
    public static readonly TimeSpan IdSlot = TimeSpan.FromMinutes(1);

    /// <summary>Fits every answer, and a packet of any network.</summary>
    public const int MaxBytes = 1_220;

    /// <summary>66 IPv6 peers.</summary>
    private const int MaxIpv6Peers = (MaxBytes - Bep15UdpTracker.AnnounceHeadBytes) / Bep07Ipv6Peers.EntryBytes;

    /// <param name="reached">The tracker's own address, as the client sees it.</param>
    /// <param name="to">At least <see cref="MaxBytes"/>.</param>
    /// <returns>Bytes of the answer; 0 for none.</returns>
    public int Answer(ReadOnlySpan<byte> request, PeerEndpoint from, PeerEndpoint reached, Instant now, Span<byte> to)
    {
        if (!Bep15UdpRequests.TryReadHead(request, out var id, out var action, out var transaction))
        {
            return 0;
        }

        if (action == UdpTrackerAction.Connect)
        {
            return Bep15UdpRequests.WriteConnect(to, transaction, ids.For(from, now));
        }

        if (!ids.IsGood(id, from, now) || !tracker.Hears(from, now))
        {
            return 0;
        }

        return action == UdpTrackerAction.Scrape ? Scrape(request, transaction, now, to) : Announce(request, transaction, from, reached, now, to);
    }

    private int Announce(ReadOnlySpan<byte> request, uint transaction, PeerEndpoint from, PeerEndpoint reached, Instant now, Span<byte> to)
    {
        if (!Bep15UdpRequests.TryReadAnnounce(request, out var query))
        {
            return 0;
        }

        var ipv6 = !from.IsIPv4;
        if (ipv6)
        {
            query = query with { Wanted = Math.Min(query.Wanted ?? MaxIpv6Peers, MaxIpv6Peers) };
        }

        return tracker.TryAnnounce(query, from, reached, ipv6, now, out var answer, out _)
            ? Bep15UdpRequests.WriteAnnounce(to, transaction, answer, ipv6)
            : Bep15UdpRequests.WriteError(to, transaction, "this torrent is not tracked here"u8);
    }

    private int Scrape(ReadOnlySpan<byte> request, uint transaction, Instant now, Span<byte> to)
    {
        Span<ScrapeCounts> counts = new ScrapeCounts[Bep15UdpRequests.CountScraped(request)];
        for (var i = 0; i < counts.Length; i++)
        {
            counts[i] = tracker.Scrape(Bep15UdpRequests.Scraped(request, i), now);
        }

        return counts.IsEmpty ? 0 : Bep15UdpRequests.WriteScrape(to, transaction, counts);
    }
}
