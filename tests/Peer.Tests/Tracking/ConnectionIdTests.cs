using Swarm.Core;
using Swarm.Discovery;
using Swarm.Protocol;

namespace Swarm.Peer.Tests;

/// <summary>An id is good for the address it was sent to, for a minute or two.</summary>
public sealed class ConnectionIdTests
{
    private static readonly PeerEndpoint Peer = PeerEndpoint.FromBytes([1, 2, 3, 4], 5);

    private readonly ConnectionIds _ids = new([1, 2, 3]);

    [Theory]
    [InlineData(0, true)]
    [InlineData(60, true)]
    [InlineData(121, false)]
    public void Id_IsGoodForAMinuteAtLeast_AndTwoAtMost(int laterSeconds, bool valid) =>
        Assert.Equal(valid, _ids.IsValid(_ids.Issue(Peer, At(10)), Peer, At(10 + laterSeconds)));

    [Fact]
    public void Id_IsNobodyElses_ButOfAnotherPort()
    {
        var id = _ids.Issue(Peer, At(0));
        Assert.True(_ids.IsValid(id, Peer with { Port = 6 }, At(0)));
        Assert.False(_ids.IsValid(id, PeerEndpoint.FromBytes([1, 2, 3, 5], 5), At(0)));
        Assert.False(_ids.IsValid(id ^ 1, Peer, At(0)));
        Assert.False(new ConnectionIds([9]).IsValid(id, Peer, At(0)));
    }

    private static Instant At(int seconds) => new(seconds * 1_000_000L);
}
