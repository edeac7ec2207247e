using Swarm.Core;

namespace Swarm.Engine.Tests;

public sealed class ChokerTests
{
    private const int Slots = 4;

    [Fact]
    public void WhoGivesMost_HasTheSlots_AndOneIsOptimistic()
    {
        var peers = Enumerable.Range(1, 8).Select(p => Peer(p, received: p * 1_000)).ToList();

        var draws = new Choker(1).Round(peers, Slots, Second(10));

        Assert.Equal([6, 7, 8], draws.Where(d => d.Reason == ChokeReason.Reciprocity).Select(d => d.Peer).Order());
        Assert.Single(draws, d => d.Reason == ChokeReason.Optimistic && d.Peer <= 5);
        Assert.Equal(Slots, draws.Count);
    }

    [Fact]
    public void WhoWantsNothing_LosesItsSlot()
    {
        var draws = new Choker(1).Round([Peer(1) with { IsUnchoked = true, IsInterested = false }, Peer(2) with { IsUnchoked = true }], Slots, Second(10));

        Assert.Equal([new ChokeDraw(1, 1, false, ChokeReason.Idle)], draws);
    }

    [Fact]
    public void WhoTakesNothing_LosesItsSlotToWhoWaits()
    {
        var peers = new[] { Peer(1) with { IsUnchoked = true, IsStuck = true }, Peer(2) };

        var draws = new Choker(1).Round(peers, 1, Second(10));

        Assert.Equal([(1, false), (2, true)], draws.Select(d => (d.Peer, d.Unchoke)));
    }

    [Fact]
    public void EnoughSlots_EveryoneHasOne_AndNothingChangesAfterwards()
    {
        var choker = new Choker(1);
        var peers = Enumerable.Range(1, Slots).Select(p => Peer(p)).ToList();

        var draws = choker.Round(peers, Slots, Second(10));
        Apply(peers, draws, Second(10));

        Assert.Equal(Slots, draws.Count(d => d.Unchoke));
        for (var round = 2; round < 12; round++)
        {
            Assert.Empty(choker.Round(peers, Slots, Second(10 * round)));
        }
    }

    [Fact]
    public void Seed_ServesManyLeechesByTurns_NobodyWaitsForEver()
    {
        const int leeches = 12;
        var choker = new Choker(3);
        var peers = Enumerable.Range(1, leeches).Select(p => Peer(p)).ToList();
        var served = new int[leeches + 1];
        for (var round = 1; round <= 30; round++)
        {
            Apply(peers, choker.Round(peers, Slots, Second(10 * round)), Second(10 * round));
            Assert.Equal(Slots, peers.Count(p => p.IsUnchoked));
            peers.Where(p => p.IsUnchoked).ToList().ForEach(p => served[p.Peer]++);
        }

        // 30 rounds × 4 slots over 12 leeches are 10 rounds each.
        Assert.All(Enumerable.Range(1, leeches), p => Assert.InRange(served[p], 5, 20));
    }

    [Fact]
    public void OptimisticSlot_PrefersViewersJustBehindThePlayhead()
    {
        const long mib = 1 << 20;
        var near = 0;
        for (ulong seed = 0; seed < 50; seed++)
        {
            // Four who give take the regular slots; the rest want the fifth.
            var peers = new[] { Peer(1, 9), Peer(2, 8), Peer(3, 7), Peer(4, behind: -1), Peer(5, behind: 3 * mib), Peer(6, behind: 900 * mib) };
            near += new Choker(seed).Round(peers, Slots, Second(10)).Any(d => d is { Peer: 5, Reason: ChokeReason.Optimistic }) ? 1 : 0;
        }

        Assert.Equal(50, near);
    }

    [Fact]
    public void OptimisticSlot_WithoutViewersNear_ReachesEveryone_InTime()
    {
        var drawn = new HashSet<int>();
        var choker = new Choker(5);
        var peers = Enumerable.Range(1, 3).Select(p => Peer(p, received: 1_000)).Concat(Enumerable.Range(4, 6).Select(p => Peer(p))).ToList();
        for (var round = 1; round <= 120; round++)
        {
            var draws = choker.Round(peers, Slots, Second(10 * round));
            drawn.UnionWith(draws.Where(d => d.Reason == ChokeReason.Optimistic).Select(d => d.Peer));
            Apply(peers, draws, Second(10 * round));
        }

        Assert.Superset(new HashSet<int> { 4, 5, 6, 7, 8, 9 }, drawn);
    }

    [Fact]
    public void Viewers_HaveSlotsOfTheirOwn_AndTakeNoneOfTheOthers()
    {
        const int viewers = Choker.ViewerSlots + 3;
        var peers = Enumerable.Range(1, 20).Select(p => Peer(p, received: 100_000)).Concat(Enumerable.Range(101, viewers).Select(p => Peer(p, received: p) with { IsViewer = true })).ToList();

        var draws = new Choker(1).Round(peers, Slots, Second(10));

        Assert.Equal(Enumerable.Range(104, Choker.ViewerSlots), draws.Where(d => d.Reason == ChokeReason.Viewer).Select(d => d.Peer).Order()); // who gave most
        Assert.Equal(Slots, draws.Count(d => d is { Unchoke: true, Reason: not ChokeReason.Viewer }));
        Apply(peers, draws, Second(10));
        Assert.DoesNotContain(new Choker(1).Round(peers, Slots, Second(20)), d => d is { Peer: > 103, Unchoke: false });
    }

    [Fact]
    public void ViewersThatGiveNothing_TakeTurns()
    {
        var choker = new Choker(1);
        var peers = Enumerable.Range(1, Slots).Select(p => Peer(p, received: 100_000)).Concat(Enumerable.Range(101, 2 * Choker.ViewerSlots).Select(p => Peer(p) with { IsViewer = true })).ToList();
        HashSet<int> served = [];
        for (var round = 1; round <= 5; round++)
        {
            Apply(peers, choker.Round(peers, Slots, Second(10 * round)), Second(10 * round));
            served.UnionWith(peers.Where(p => p.IsViewer && p.IsUnchoked).Select(p => p.Peer));
        }

        Assert.Equal(2 * Choker.ViewerSlots, served.Count); // anybody may say that he is a viewer, and stay
    }

    [Theory]
    [InlineData(4, 0, false, false)]
    [InlineData(3, 0, false, true)]
    [InlineData(4, 0, true, true)] // all others' are taken, one of its own is free
    [InlineData(12, 8, true, false)]
    [InlineData(8, 8, true, true)] // its own are taken, one of the others' is free
    [InlineData(8, 8, false, true)]
    [InlineData(13, 9, false, false)]
    public void FreeSlot_IsTheViewersOwn_OrAnybodys(int unchoked, int viewers, bool isViewer, bool isFree) =>
        Assert.Equal(isFree, Choker.HasFreeSlot(unchoked, viewers, Slots, isViewer));

    [Fact]
    public void SameSeedAndRounds_SameDraws_AnotherSeedOthers()
    {
        static string Play(ulong seed)
        {
            var choker = new Choker(seed);
            var peers = Enumerable.Range(1, 20).Select(p => Peer(p, received: p % 3 == 0 ? p : 0)).ToList();
            var all = new List<ChokeDraw>();
            for (var round = 1; round <= 20; round++)
            {
                var draws = choker.Round(peers, Slots, Second(10 * round));
                all.AddRange(draws);
                Apply(peers, draws, Second(10 * round));
            }

            return string.Join('\n', all);
        }

        Assert.Equal(Play(7), Play(7));
        Assert.NotEqual(Play(7), Play(8));
    }

    [Theory]
    [InlineData(null, UploadSlots.Unknown)]
    [InlineData(0L, 8)]
    [InlineData(2L << 20, 8)]
    [InlineData(1L << 40, 32)]
    public void Slots_FollowTheRate(long? rate, int slots) => Assert.Equal(slots, UploadSlots.For(rate));

    private static ChokeCandidate Peer(int id, long received = 0, long behind = -1) => new(1, id, true, false, received, behind, Second(0), false, false);

    private static Instant Second(int seconds) => new(seconds * 1_000_000L);

    private static void Apply(List<ChokeCandidate> peers, IReadOnlyList<ChokeDraw> draws, Instant now)
    {
        foreach (var draw in draws)
        {
            var index = peers.FindIndex(p => p.Peer == draw.Peer);
            peers[index] = peers[index] with { IsUnchoked = draw.Unchoke, Since = now };
        }
    }
}
