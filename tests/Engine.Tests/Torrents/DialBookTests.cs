using System.Net;
using Swarm.Core;
using Swarm.Discovery;
using Swarm.Engine.Targets;

namespace Swarm.Engine.Tests;

/// <summary>Which address is dialled next, and whose addresses are remembered.</summary>
public sealed class DialBookTests
{
    private static readonly Instant Now = new(1_000_000);

    private readonly DialBook _book = new(TimeSpan.FromSeconds(2), maxAttempts: 3, static peer => (uint)peer.Port);

    [Fact]
    public void Next_IsByAttempts_ThenBySource_ThenByPriority()
    {
        _book.Learn(Peer(9), FoundBy.Pex);
        _book.Learn(Peer(2), FoundBy.Tracker);
        _book.Learn(Peer(3), FoundBy.Tracker);
        _book.Learn(Peer(1), FoundBy.Given);
        _book.Learn(Peer(8), FoundBy.Pex, isReachable: true);

        Assert.Equal([1, 3, 2, 8, 9], Drain());
    }

    [Fact]
    public void Failed_RestsLongerEachTime_ThenIsGivenUp()
    {
        _book.Learn(Peer(1), FoundBy.Tracker);
        var candidate = _book.Find(Peer(1))!;
        var waits = new List<long>();
        for (var now = Now; !candidate.IsGivenUp; now = candidate.NotBefore)
        {
            _book.Retire(candidate, now, forGood: false);
            waits.Add((candidate.NotBefore - now) / 1_000_000);
            Assert.Null(Next(now));
        }

        Assert.Equal([2, 4, 8, 16], waits);
        Assert.Null(Next(Instant.Never));
    }

    [Fact]
    public void OnePeersHearsay_HasRoomForFifty_UntilTheyAreTried()
    {
        for (var port = 1; port <= 200; port++)
        {
            _book.Learn(Peer(port), FoundBy.Pex, teller: 7);
        }

        Assert.Equal(DialBook.MaxPerTeller, _book.All.Count());
        Assert.True(_book.Learn(Peer(500), FoundBy.Pex, teller: 8));
        _book.Retire(_book.Find(Peer(1))!, Now, forGood: false);
        Assert.True(_book.Learn(Peer(501), FoundBy.Pex, teller: 7));
    }

    [Theory]
    [InlineData(FoundBy.Pex)]
    [InlineData(FoundBy.Dht)]
    [InlineData(FoundBy.Lsd)]
    [InlineData(FoundBy.Tracker)]
    [InlineData(FoundBy.Caller)]
    public void OneWay_FillsItsOwnRoomAlone(FoundBy by)
    {
        for (var port = 1; port <= 2_000; port++)
        {
            _book.Learn(Peer(port), by, teller: port);
        }

        Assert.Equal(DialBook.RoomOf(by), _book.All.Count());
        Assert.True(_book.Learn(Peer(3_000), FoundBy.Given));

        // The one that was given up makes room.
        Assert.False(_book.Learn(Peer(3_001), by));
        _book.Retire(_book.Find(Peer(1))!, Now, forGood: true);
        Assert.True(_book.Learn(Peer(3_001), by));
        Assert.Null(_book.Find(Peer(1)));
    }

    [Fact]
    public void Seed_IsNotDialled_OnceEverythingIsHere()
    {
        _book.Learn(Peer(1), FoundBy.Pex, isSeed: true);

        Assert.Null(_book.Next(Now, seedsToo: false, static _ => false));
        Assert.Equal(1, Next(Now));
    }

    [Fact]
    public void Hearsay_IsNoWayIntoTheLocalNetwork_ButItsOwnCallIs()
    {
        _book.Learn(Peer(1), FoundBy.Pex);
        var candidate = _book.Find(Peer(1))!;
        Assert.Equal(DialPurpose.Peer, candidate.Purpose);
        _book.Retire(candidate, Now, forGood: true);
        Assert.Null(Next(Instant.Never));

        _book.Learn(Peer(1), FoundBy.Lsd);

        Assert.Equal(DialPurpose.LocalPeer, candidate.Purpose);
        Assert.Equal(1, Next(Now));
        Assert.False(_book.Learn(Peer(1), FoundBy.Tracker));
        Assert.Equal(DialPurpose.LocalPeer, candidate.Purpose);
    }

    [Fact]
    public void SurerWord_CountsFromThenOn_AndTheUsersIsAFreshStart()
    {
        _book.Learn(Peer(1), FoundBy.Pex);
        _book.Learn(Peer(9), FoundBy.Pex);

        Assert.True(_book.Learn(Peer(1), FoundBy.Tracker));
        Assert.False(_book.Learn(Peer(1), FoundBy.Dht));
        Assert.Equal(FoundBy.Tracker, _book.Find(Peer(1))!.By);
        Assert.Equal(1, Next(Now));

        _book.Retire(_book.Find(Peer(1))!, Now, forGood: true);
        Assert.Equal(9, Next(Now));
        Assert.True(_book.Learn(Peer(1), FoundBy.Given));
        Assert.Equal(1, Next(Now));
    }

    [Fact]
    public void SurerWord_TakesTheRoomOfItsOwnWay_AndLeavesTheOthers()
    {
        for (var port = 1; port <= DialBook.RoomOf(FoundBy.Dht); port++)
        {
            _book.Learn(Peer(port), FoundBy.Dht);
        }

        Assert.False(_book.Learn(Peer(1_001), FoundBy.Dht));
        Assert.True(_book.Learn(Peer(1), FoundBy.Tracker));
        Assert.True(_book.Learn(Peer(1_001), FoundBy.Dht));
        Assert.False(_book.Learn(Peer(1_002), FoundBy.Dht));
    }

    [Fact]
    public void GivenUpTwice_MakesRoomOnce()
    {
        for (var port = 1; port <= DialBook.RoomOf(FoundBy.Given); port++)
        {
            _book.Learn(Peer(port), port == 1 ? FoundBy.Pex : FoundBy.Given);
        }

        var twice = _book.Find(Peer(1))!;
        _book.Retire(twice, Now, forGood: true);
        Assert.True(_book.Learn(Peer(1), FoundBy.Given));
        _book.Retire(twice, Now, forGood: true);

        Assert.True(_book.Learn(Peer(1_001), FoundBy.Given));
        Assert.False(_book.Learn(Peer(1_002), FoundBy.Given));
        Assert.Equal(DialBook.RoomOf(FoundBy.Given), _book.All.Count());
    }

    [Fact]
    public void GivenUp_AndNamedBySurerWordSince_StillMakesRoom()
    {
        _book.Learn(Peer(1), FoundBy.Pex);
        _book.Retire(_book.Find(Peer(1))!, Now, forGood: true);
        for (var port = 1; port <= DialBook.RoomOf(FoundBy.Tracker); port++)
        {
            Assert.True(_book.Learn(Peer(port), FoundBy.Tracker));
        }

        Assert.True(_book.Learn(Peer(1_001), FoundBy.Tracker));
        Assert.Null(_book.Find(Peer(1)));
        Assert.False(_book.Learn(Peer(1_002), FoundBy.Tracker));
    }

    [Fact]
    public void Banned_Busy_AndKept_AreNotDialled()
    {
        _book.Learn(Peer(1), FoundBy.Given);
        Assert.Null(_book.Next(Now, seedsToo: true, static _ => true));
        _book.Find(Peer(1))!.KeptBy = 4;
        Assert.Null(Next(Now));
        _book.Find(Peer(1))!.KeptBy = 0;
        _book.Find(Peer(1))!.IsBusy = true;
        Assert.Null(Next(Now));
    }

    private static IPEndPoint Peer(int port) => new(IPAddress.Parse("192.168.1.9"), port);

    private int? Next(Instant now) => _book.Next(now, seedsToo: true, static _ => false)?.EndPoint.Port;

    private List<int> Drain()
    {
        var ports = new List<int>();
        while (Next(Now) is { } port)
        {
            ports.Add(port);
            _book.Find(Peer(port))!.IsBusy = true;
        }

        return ports;
    }
}
