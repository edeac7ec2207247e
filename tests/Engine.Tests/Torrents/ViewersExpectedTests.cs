using System.Net;
using Swarm.Core;
using Swarm.Discovery;
using Swarm.Engine.Targets;
using Swarm.Peer;

namespace Swarm.Engine.Tests;

/// <summary>What a tracker counts as leechers makes the scheduler wait a moment for other viewers, before it asks the origin for all.</summary>
public sealed class ViewersExpectedTests
{
    private static readonly IPEndPoint Someone = new(IPAddress.Parse("10.1.2.3"), 6881);

    [Theory]
    [InlineData(2, 1, true)]
    [InlineData(40, 1, true)]
    [InlineData(1, 1, false)] // this node alone
    [InlineData(0, 1, false)] // nobody counts
    [InlineData(40, 0, false)] // counted, and none named to be dialled
    public async Task Tracker_ThatCountsOtherLeechers_LetsViewersBeExpected(int leechers, int peers, bool expected)
    {
        await using var rig = new UploadRig();
        Action<FoundPeers>? found = null;
        var network = new EngineNetwork(
            new TargetPolicy(AllowedTargets.None, new OwnListeners()), new Governor(16 << 20, maxDials: 1), new PeerSettings { Time = rig.Node.Time },
            [
                search =>
                {
                    found = search.Found;
                    return null;
                },
            ]);
        var swarm = new TorrentSwarm(rig.Node.Context, network, rig.Loop, rig.Swarm, rig.Metainfo, httpsOnly: false, []);
        swarm.Start();
        var now = rig.Node.Context.Now.Micros;

        found!(new(FoundBy.Tracker, [.. Enumerable.Repeat(Someone, peers)], leechers));

        await swarm.DisposeAsync();
        var told = (await TestNode.EventsOf(rig.Loop)).Where(e => e.Kind == EventKind.ViewersExpected).ToList();
        Assert.Equal(expected ? [now + 1_500_000] : [], told.Select(e => e.B));
    }
}
