using Swarm.Core;
using Swarm.Discovery;
using Swarm.Protocol;

namespace Swarm.Peer.Tests;

/// <summary>What a tracker answers, whom it names, and what it never holds.</summary>
public sealed class TrackerTests
{
    private static readonly WireHash Hash = new(1, 2, 3);
    private static readonly WireHash Other = new(4, 5, 6);

    private TrackedTorrent? _torrent = new();
    private Tracker _tracker;

    public TrackerTests() => _tracker = New(new());

    [Fact]
    public void Peers_AreNamedToEachOther_NobodyToItself()
    {
        Assert.Equal("", Announce("1.1.1.1:1"));
        Assert.Equal("1.1.1.1:1", Announce("2.2.2.2:2"));
        Assert.Equal("2.2.2.2:2", Announce("1.1.1.1:1"));
        Assert.Equal(2, _tracker.Peers);
    }

    [Fact]
    public void TrackersOwnPeer_CountsOnce_AmongThoseWanted()
    {
        _torrent = new(Peer("9.9.9.9:9"));
        Announce("1.1.1.1:1");
        Assert.Equal("1.1.1.1:1 9.9.9.9:9", Announce("2.2.2.2:2", wanted: 2));
        Assert.Equal("9.9.9.9:9", Announce("2.2.2.2:2", wanted: 1));
    }

    [Fact]
    public void Seed_IsNamedNoSeeds()
    {
        Announce("1.1.1.1:1", seed: true);
        Announce("3.3.3.3:3");
        Assert.Equal("3.3.3.3:3", Announce("2.2.2.2:2", seed: true));
        Assert.Equal("1.1.1.1:1 2.2.2.2:2", Announce("3.3.3.3:3"));
    }

    [Fact]
    public void Counts_FollowCompletionAndLeaving()
    {
        Announce("1.1.1.1:1");
        Announce("2.2.2.2:2");
        Assert.Equal(new ScrapeCounts(0, 0, 2), Scrape());
        Announce("1.1.1.1:1", seed: true, why: TrackerEvent.Completed);
        Announce("1.1.1.1:1", seed: true, why: TrackerEvent.Completed);
        Assert.Equal(new ScrapeCounts(1, 1, 1), Scrape());
        Announce("2.2.2.2:2", why: TrackerEvent.Stopped);
        Assert.Equal(new ScrapeCounts(1, 1, 0), Scrape());
        Assert.Equal(1, _tracker.Peers);
    }

    [Fact]
    public void WhoWasSilent_IsForgotten()
    {
        Announce("1.1.1.1:1");
        Announce("2.2.2.2:2", at: 1_000);
        Assert.Equal("2.2.2.2:2", Announce("3.3.3.3:3", at: 2_200));
        Assert.Equal(2, _tracker.Peers);
    }

    [Fact]
    public void TorrentThatIsNotTracked_IsRefused_AndForgottenOnceItIsNoLonger()
    {
        Assert.False(_tracker.TryAnnounce(Query(Other, 1, false, TrackerEvent.None), Peer("1.1.1.1:9"), default, null, At(0), out _, out var refusal));
        Assert.Contains("not tracked", refusal, StringComparison.Ordinal);
        Assert.Equal(0, _tracker.Peers);

        Announce("1.1.1.1:1");
        _torrent = null;
        Assert.Equal(new ScrapeCounts(0, 0, 0), Scrape(100));
        Assert.Equal(0, _tracker.Peers);
    }

    [Fact]
    public void OnePeerOfManyPorts_TakesItsSharePerAddressOrNetwork()
    {
        for (var port = 1; port <= 100; port++)
        {
            Announce($"1.1.1.1:{port}");
            Announce($"[2600::{port:x}]:{port}");
        }

        Assert.Equal(2 * new TrackerLimits().MaxPeersPerAddress, _tracker.Peers);
        Announce("1.1.1.1:1", why: TrackerEvent.Stopped);
        Announce("1.1.1.1:200");
        Assert.Equal(2 * new TrackerLimits().MaxPeersPerAddress, _tracker.Peers);
    }

    [Fact]
    public void FullTracker_AnswersNewcomers_WithoutHoldingThem()
    {
        _tracker = New(new() { MaxPeers = 150, MaxPeersPerSwarm = 100 });
        for (var i = 0; i < 2_000; i++)
        {
            Assert.NotEqual("", Announce($"9.{i >> 8}.{i & 255}.1:1") + (i == 0 ? "first" : ""));
        }

        Assert.Equal(100, _tracker.Peers);
    }

    [Fact]
    public void ManyPeers_AreDrawnAtRandom_EachOnce_AsManyAsWanted()
    {
        for (var i = 0; i < 400; i++)
        {
            Announce($"9.9.{i >> 8}.{i & 255}:1", seed: i % 2 == 0);
        }

        var seen = new HashSet<string>();
        for (var round = 0; round < 100; round++)
        {
            var named = Announce("8.8.8.8:1", wanted: 20).Split(' ');
            Assert.Equal(20, named.Distinct().Count());
            seen.UnionWith(named);
        }

        Assert.InRange(seen.Count, 380, 400);
        Assert.Equal(new TrackerLimits().MaxAnswerPeers, Announce("8.8.8.8:1", wanted: 100_000).Split(' ').Length);
        Assert.Equal("", Announce("8.8.8.8:1", wanted: 0));
    }

    [Fact]
    public void OwnNode_IsNamedWhereTheClientReachedTheTracker()
    {
        _torrent = new(PeerEndpoint.FromBytes([0, 0, 0, 0], 51413), IsSeed: true);
        Assert.Equal("7.7.7.7:51413", Announce("1.1.1.1:1"));
        Assert.Equal("1.1.1.1:1", Announce("2.2.2.2:2", seed: true));
        Assert.Equal(new ScrapeCounts(2, 0, 1), Scrape());
        _torrent = new(Peer("6.6.6.6:6"));
        Assert.Equal("6.6.6.6:6", Announce("1.1.1.1:1", wanted: 1));
    }

    [Fact]
    public void AddressThatAsksAllTheTime_IsNotHeard_OthersAre()
    {
        var heard = Enumerable.Range(0, 1_000).Count(_ => _tracker.Hears(Peer("1.1.1.1:1"), At(0)));
        Assert.Equal(120, heard);
        Assert.True(_tracker.Hears(Peer("2.2.2.2:1"), At(0)));
        Assert.True(_tracker.Hears(Peer("1.1.1.1:2"), At(1)));
    }

    private static PeerEndpoint Peer(string text)
    {
        Assert.True(PeerEndpoint.TryParse(text, out var peer), text);
        return peer;
    }

    private static Instant At(int seconds) => new((seconds * 1_000_000L) + 1);

    private static TrackerQuery Query(WireHash hash, ushort port, bool seed, TrackerEvent why, int? wanted = null) => new(hash, default, port, seed, why, wanted);

    private Tracker New(TrackerLimits limits) => new(limits, hash => hash == Hash ? _torrent : null, new Random(1));

    private ScrapeCounts Scrape(int at = 0) => _tracker.Scrape(Hash, At(at));

    private string Announce(string peer, bool seed = false, TrackerEvent why = TrackerEvent.None, int? wanted = null, int at = 0)
    {
        var sender = Peer(peer);
        Assert.True(_tracker.TryAnnounce(Query(Hash, sender.Port, seed, why, wanted), sender with { Port = 40_000 }, Peer("7.7.7.7:1"), null, At(at), out var answer, out _));
        return string.Join(' ', answer.Peers.Select(p => p.ToString()).Order(StringComparer.Ordinal));
    }
}
