using Swarm.Protocol;

namespace Swarm.Fuzz.Targets;

/// <summary>Datagrams of UDP trackers: bounded intervals, peers with ports, words that are safe to print.</summary>
public sealed class UdpTrackerTarget : IFuzzTarget
{
    public string Name => "udp-tracker";

    public IReadOnlyList<byte[]> Corpus { get; } =
    [
        .. new[]
        {
            "00000000" + "0badcafe" + "1122334455667788", "00000001" + "00000002" + "00000708" + "00000003" + "00000001" + "010203041ae1" + "050607081ae2",
            "00000001" + "00000002" + "00000708" + "00000000" + "00000001" + "20010db80000000000000000000000011ae1",
            "00000002" + "00000003" + "00000005" + "00000032" + "0000000a" + "00000000" + "00000000" + "00000001", "00000003" + "00000004" + "676f2061776179",
        }.Select(Convert.FromHexString),
    ];

    public IReadOnlyList<byte[]> Tokens { get; } = [.. new[] { "00000003", "ffffffff", "7fffffff", "80000000", "010203040000", "1b5b", "e280ae" }.Select(Convert.FromHexString)];

    public void Run(ReadOnlyMemory<byte> input)
    {
        var bytes = input.Span;
        if (!Bep15UdpTracker.TryReadHead(bytes, out var action, out _))
        {
            return;
        }

        FuzzFailure.Unless(Enum.IsDefined(action), "an action is one of four");
        FuzzFailure.Unless(Bep15UdpTracker.TryReadConnect(bytes, out _) == bytes.Length >= 16, "an id needs 16 bytes");
        FuzzFailure.Unless(!Bep15UdpTracker.ReadError(bytes).Any(char.IsControl), "words are safe to print");
        foreach (var ipv6 in new[] { false, true })
        {
            if (Bep15UdpTracker.TryReadAnnounce(bytes, ipv6, out var response, out var error))
            {
                FuzzFailure.Unless(response.IntervalSeconds is >= 0 and <= 86_400, "the interval is bounded");
                FuzzFailure.Unless(response.Peers.All(p => p.Port > 0), "a peer has a port");
                FuzzFailure.Unless(response.Complete is null or >= 0 && response.Incomplete is null or >= 0, "a count is none or not negative");
            }
            else
            {
                FuzzFailure.Unless(error.Length is > 0 and < 200, "an error is a line");
            }
        }

        var counts = new ScrapeCounts[3];
        FuzzFailure.Unless(Bep15UdpTracker.TryReadScrape(bytes, counts) == bytes.Length >= 8 + (3 * 12), "three torrents need 44 bytes");
        FuzzFailure.Unless(counts.All(c => c.Seeds is null or >= 0), "a count is none or not negative");
    }
}
