using System.Buffers;
using Swarm.Protocol;

namespace Swarm.Engine.Tests;

/// <summary>Upload-only (BEP 21): said when nothing is wanted any more, taken back when something is.</summary>
public sealed class PartialSeedTests
{
    [Fact]
    public async Task NodeWithEverything_SaysSoInItsFirstHandshake()
    {
        await using var rig = new UploadRig().Fill();
        await rig.HoldsAsync(4);
        var leech = await rig.LeechAsync();

        Assert.True(await DescriptionAsync(leech));
    }

    [Fact]
    public async Task NodeThatStillWants_DoesNot_UntilItHasAll_AndTakesItBackWhenABlockIsLost()
    {
        await using var rig = new UploadRig().Fill(0, 15);
        await rig.HoldsAsync(3);
        var leech = await rig.LeechAsync();
        Assert.Null(await DescriptionAsync(leech));

        rig.Feed.Peer(15);
        Assert.True(await DescriptionAsync(leech));
        rig.Content.Falsify();
        Assert.False(await DescriptionAsync(leech));
    }

    private static async Task<bool?> DescriptionAsync(RawLeech leech)
    {
        while (true)
        {
            var payload = await leech.UntilAsync(MessageId.Extended);
            if (payload[0] == ExtendedMessage.HandshakeId)
            {
                var reader = new SequenceReader<byte>(new(payload.AsMemory(1)));
                Assert.True(ExtensionHandshake.TryRead(ref reader, out var handshake));
                Assert.Equal(ExtensionHandshake.OwnDontHaveId, handshake.DontHaveId); // libtorrent takes what is left out for gone
                return handshake.UploadOnly;
            }
        }
    }
}
