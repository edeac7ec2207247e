using System.Globalization;

namespace Swarm.Protocol.Tests;

/// <summary>The datagrams of BEP 15, as its tables lay them out.</summary>
public sealed class UdpTrackerDatagramTests
{
    private static readonly TrackerAnnounce Announce = new(Convert.FromHexString("123456789abcdef123456789abcdef1234567890"), "-SW0100-abcdefghijkl"u8.ToArray(), 6881)
    {
        UploadedBytes = 1,
        DownloadedBytes = 2,
        LeftBytes = 3,
        Event = TrackerEvent.Started,
        NumWant = 50,
        Key = 0xbeef,
    };

    public static TheoryData<string> Answers() => [.. Golden.Cases("trackers", "udp-answers.txt").Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Answers))]
    public void Answer_IsReadAsItStands(string name)
    {
        var (_, input, expected) = Golden.Cases("trackers", "udp-answers.txt").Single(c => c.Name == name);
        var bytes = Convert.FromHexString(string.Concat(input.Where(char.IsAsciiHexDigit)));
        Assert.Equal(expected, Describe(bytes, ipv6: expected.StartsWith("Announce6", StringComparison.Ordinal)));
    }

    [Fact]
    public void Connect_IsSixteenBytes_WithTheProtocolInFront()
    {
        var datagram = new byte[Bep15UdpTracker.ConnectBytes];
        Bep15UdpTracker.WriteConnect(datagram, 0x0badcafe);
        Assert.Equal("0000041727101980000000000badcafe", Convert.ToHexStringLower(datagram));
    }

    [Fact]
    public void Announce_IsNinetyEightBytes_EveryFieldAtItsOffset()
    {
        var datagram = new byte[Bep15UdpTracker.AnnounceBytes];
        Bep15UdpTracker.WriteAnnounce(datagram, 0x1122334455667788, 0x0badcafe, Announce);
        Assert.Equal(
            "1122334455667788" + "00000001" + "0badcafe" + "123456789abcdef123456789abcdef1234567890" + "2d5357303130302d6162636465666768696a6b6c"
            + "0000000000000002" + "0000000000000003" + "0000000000000001" + "00000002" + "00000000" + "0000beef" + "00000032" + "1ae1",
            Convert.ToHexStringLower(datagram));
    }

    [Fact]
    public void Announce_WithoutAWish_AsksForMinusOnePeers()
    {
        var datagram = new byte[Bep15UdpTracker.AnnounceBytes];
        Bep15UdpTracker.WriteAnnounce(datagram, 0, 0, new(new byte[20], new byte[20], 1));
        Assert.Equal("ffffffff", Convert.ToHexStringLower(datagram.AsSpan(92, 4)));
    }

    [Fact]
    public void Scrape_IsTheHashesBehindTheHead()
    {
        ReadOnlyMemory<byte>[] hashes = [Announce.InfoHash, Announce.PeerId];
        var datagram = new byte[Bep15UdpTracker.ScrapeBytes(hashes.Length)];
        Bep15UdpTracker.WriteScrape(datagram, 0x1122334455667788, 7, hashes);
        Assert.Equal(
            "1122334455667788" + "00000002" + "00000007" + "123456789abcdef123456789abcdef1234567890" + "2d5357303130302d6162636465666768696a6b6c",
            Convert.ToHexStringLower(datagram));
    }

    [Fact]
    public void AnswersOfBothFamilies_Merge()
    {
        Assert.True(Bep15UdpTracker.TryReadAnnounce(Convert.FromHexString("0000000100000002000003e80000000300000001010203041ae1"), ipv6: false, out var four, out _));
        Assert.True(Bep15UdpTracker.TryReadAnnounce(
            Convert.FromHexString("0000000100000002000007080000000200000005" + "20010db8000000000000000000000001" + "1ae1"), ipv6: true, out var six, out _));

        var merged = four.MergedWith(six);

        Assert.Equal((1800, 5, 3), (merged.IntervalSeconds, merged.Complete, merged.Incomplete));
        Assert.Equal(["1.2.3.4:6881", "[2001:db8::1]:6881"], merged.Peers.Select(p => p.ToString()));
    }

    private static string Describe(byte[] bytes, bool ipv6)
    {
        if (!Bep15UdpTracker.TryReadHead(bytes, out var action, out var transaction))
        {
            return "not a head";
        }

        var counts = new ScrapeCounts[2];
        var what = action switch
        {
            UdpTrackerAction.Connect => Bep15UdpTracker.TryReadConnect(bytes, out var id) ? $"id {id:x16}" : "no answer",
            UdpTrackerAction.Announce => Bep15UdpTracker.TryReadAnnounce(bytes, ipv6, out var response, out var error)
                ? $"every {response.IntervalSeconds} s, {Number(response.Complete)} seeds, {Number(response.Incomplete)} leeches, peers {string.Join(' ', response.Peers)}"
                : error,
            UdpTrackerAction.Scrape => Bep15UdpTracker.TryReadScrape(bytes, counts)
                ? string.Join(", ", counts.Select(c => $"{Number(c.Seeds)} seeds {Number(c.Completed)} completed {Number(c.Leeches)} leeches"))
                : "no answer",
            _ => Bep15UdpTracker.ReadError(bytes),
        };
        return $"{action}{(ipv6 ? "6" : "")} {transaction:x8}: {what}".TrimEnd();
    }

    private static string Number(int? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "?";
}
