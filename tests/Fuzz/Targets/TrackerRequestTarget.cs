using System.Text;
using Swarm.Protocol;

namespace Swarm.Fuzz.Targets;

/// <summary>What clients ask a tracker, over UDP and HTTP: bounded fields, a port where there is a query, what a client of ours writes is read.</summary>
public sealed class TrackerRequestTarget : IFuzzTarget
{
    private const string Hash = "%00aaaaaaaaaaaaaaaaaaa";

    public string Name => "tracker-request";

    public IReadOnlyList<byte[]> Corpus { get; } =
    [
        Convert.FromHexString("000004172710198000000000feedbeef"),
        [.. Convert.FromHexString("112233445566778800000001feedbeef"), .. new byte[80], 0x1a, 0xe1],
        [.. Convert.FromHexString("112233445566778800000002feedbeef"), .. new byte[40]],
        .. new[]
        {
            $"info_hash={Hash}&peer_id=-XX0001-aaaaaaaaaaaa&port=6881&left=0&numwant=50&event=started&ip=9.9.9.9",
            $"info_hash={Hash}&info_hash=%ff&info_hash={Hash}",
        }.Select(Encoding.ASCII.GetBytes),
    ];

    public IReadOnlyList<byte[]> Tokens { get; } =
        [.. new[] { "info_hash=", Hash, "peer_id=", "&port=65536", "&port=1", "numwant=-1", "%", "%zz", "&", "&left=0", "=" }.Select(Encoding.ASCII.GetBytes), [0xff, 0xff, 0xff, 0xff]];

    public void Run(ReadOnlyMemory<byte> input)
    {
        var bytes = input.Span;
        if (Bep15UdpRequests.TryReadHead(bytes, out _, out var action, out _))
        {
            FuzzFailure.Unless(action is UdpTrackerAction.Connect or UdpTrackerAction.Announce or UdpTrackerAction.Scrape, "a request is one of three");
        }

        if (Bep15UdpRequests.TryReadAnnounce(bytes, out var datagram))
        {
            FuzzFailure.Unless(datagram.Port > 0 && datagram.Wanted is null or >= 0 && Enum.IsDefined(datagram.Event), "an announce has a port");
        }

        var scraped = Bep15UdpRequests.CountScraped(bytes);
        FuzzFailure.Unless(scraped is >= 0 and <= Bep15UdpTracker.MaxScrapes, "a scrape has a bounded number of torrents");
        for (var i = 0; i < scraped; i++)
        {
            _ = Bep15UdpRequests.Scraped(bytes, i);
        }

        var text = Encoding.Latin1.GetString(bytes);
        if (TrackerQuery.TryParse(text, out var query, out var error))
        {
            FuzzFailure.Unless(query.Port > 0 && query.Wanted is null or >= 0 && Enum.IsDefined(query.Event), "a query has a port");
            var written = new TrackerAnnounce(query.InfoHash.ToArray(), Bytes(query.PeerId), query.Port) { LeftBytes = query.IsSeed ? 0 : 1, Event = query.Event, NumWant = query.Wanted }.ToQuery();
            FuzzFailure.Unless(TrackerQuery.TryParse(written, out var again, out _) && again == query, "write → read gives the query");
        }
        else
        {
            FuzzFailure.Unless(error.Length is > 0 and < 100, "an error is a line");
        }

        FuzzFailure.Unless(TrackerQuery.ParseScrape(text).Count <= 64, "a scrape is bounded");
    }

    private static byte[] Bytes(PeerId id)
    {
        var bytes = new byte[PeerId.Size];
        id.Write(bytes);
        return bytes;
    }
}
