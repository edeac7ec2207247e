using Swarm.Discovery;
using Swarm.Protocol;

namespace Swarm.Peer.Tests;

/// <summary>What a peer is told of others: differences, few at a time, once a minute.</summary>
public sealed class PexToldTests
{
    private readonly PexTold _told = new();

    [Fact]
    public void FirstWord_NamesAll_TheNextOnlyWhatChanged()
    {
        Assert.Equal("+1 +2", Say(0, 1, 2));
        Assert.Equal("+3 -1", Say(60, 2, 3));
        Assert.Equal("", Say(120, 2, 3));
        Assert.Equal("-2 -3", Say(121));
    }

    [Fact]
    public void ChangesWithinAMinute_WaitForIt()
    {
        Assert.Equal("+1", Say(0, 1));
        Assert.Equal("", Say(59, 1, 2));
        Assert.Equal("+2", Say(60, 1, 2));
    }

    [Fact]
    public void MoreThanFifty_AreToldOverMinutes_EachOnce()
    {
        var all = Enumerable.Range(1, 120).ToArray();
        var told = new List<string>();
        for (var minute = 0; minute < 4; minute++)
        {
            var said = Say(60 * minute, all).Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Assert.True(said.Length <= PexMessage.MaxPeers);
            told.AddRange(said);
        }

        Assert.Equal(all.Select(i => $"+{i}"), told);
        Assert.Equal(PexMessage.MaxPeers, Say(300).Split(' ').Length);
    }

    private string Say(int seconds, params int[] connected)
    {
        var message = _told.Next([.. connected.Select(i => new PexPeer(PeerEndpoint.FromBytes([9, 9, 9, 9], (ushort)i), PexFlags.None))], new(seconds * 1_000_000L));
        return message is null ? "" : string.Join(' ', message.Added.Select(p => $"+{p.EndPoint.Port}").Concat(message.Dropped.Select(p => $"-{p.Port}").Order()));
    }
}
