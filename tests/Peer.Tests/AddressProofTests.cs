using Swarm.Core;
using Swarm.Discovery;
using Swarm.Protocol;

namespace Swarm.Peer.Tests;

/// <summary>A proof is good for the address it was sent to, in its slot of time and the next.</summary>
public sealed class AddressProofTests
{
    private static readonly PeerEndpoint Peer = PeerEndpoint.FromBytes([1, 2, 3, 4], 5);

    private readonly AddressProof _proofs = new([1, 2, 3], TimeSpan.FromMinutes(1));

    [Theory]
    [InlineData(0, true)]
    [InlineData(60, true)]
    [InlineData(119, true)]
    [InlineData(121, false)]
    public void Proof_IsGoodForASlotAtLeast_AndTwoAtMost(int laterSeconds, bool valid) =>
        Assert.Equal(valid, _proofs.IsGood(_proofs.For(Peer, At(10)), Peer, At(10 + laterSeconds)));

    [Fact]
    public void Proof_IsNobodyElses_ButOfAnotherPort()
    {
        var proof = _proofs.For(Peer, At(0));
        Assert.True(_proofs.IsGood(proof, Peer with { Port = 6 }, At(0)));
        Assert.False(_proofs.IsGood(proof, PeerEndpoint.FromBytes([1, 2, 3, 5], 5), At(0)));
        Assert.False(_proofs.IsGood(proof ^ 1, Peer, At(0)));
        Assert.False(new AddressProof([9], TimeSpan.FromMinutes(1)).IsGood(proof, Peer, At(0)));
    }

    private static Instant At(int seconds) => new(seconds * 1_000_000L);
}
