using System.Net;
using Swarm.Protocol;
using Swarm.Testing;

namespace Swarm.Engine.Tests;

/// <summary>Who stays when all places are taken (BEP 40): the caller of greater priority, whichever came first.</summary>
public sealed class PeerPlacesTests
{
    private const string Own = "123.213.32.10";

    private static readonly Metainfo Torrent = TestTorrent.Of(TestTorrent.Bytes(4 * TestTorrent.Block));
    private static readonly WireHash V2 = WireHash.V2Of(Torrent.InfoHash)!.Value;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OnlyPlace_IsTheGreaterPrioritys(bool greaterComesLast)
    {
        var time = new FakeTime();
        await using var rig = new PeerRig(Torrent, new() { MaxPeersPerSwarm = 1 }, time);
        foreach (var voice in new[] { "127.1.0.1", "127.2.0.1" })
        {
            // What it says of our address is heard before its end is.
            using (await rig.CallAsync(V2, Id('V'), from: voice, sees: Own))
            {
                await rig.ConnectedAsync(1);
            }

            await rig.ConnectedAsync(0);
        }

        string[] byPriority = [.. new[] { "127.3.0.1", "127.4.0.1" }.OrderBy(Priority)];
        var (first, second) = greaterComesLast ? (byPriority[0], byPriority[1]) : (byPriority[1], byPriority[0]);
        using var one = await rig.CallAsync(V2, Id('A'), from: first);
        await rig.ConnectedAsync(1);
        if (greaterComesLast)
        {
            // Who came just now had no time to give anything.
            time.Advance(TimeSpan.FromSeconds(29));
            Assert.IsNotType<TimeoutException>(await Assert.ThrowsAnyAsync<Exception>(() => rig.CallAsync(V2, Id('B'), from: second)));
            Assert.Equal(IPAddress.Parse(first), Assert.Single(rig.Swarm.Connected).EndPoint.Address);

            time.Advance(TimeSpan.FromSeconds(1));
            using var other = await rig.CallAsync(V2, Id('B'), from: second);
            Assert.True(await RawLeech.On(one, Torrent.PieceCount).IsClosedAsync());
            await rig.ConnectedAsync(1);
            Assert.Equal(IPAddress.Parse(second), Assert.Single(rig.Swarm.Connected).EndPoint.Address);
        }
        else
        {
            time.Advance(TimeSpan.FromSeconds(30));
            Assert.IsNotType<TimeoutException>(await Assert.ThrowsAnyAsync<Exception>(() => rig.CallAsync(V2, Id('B'), from: second)));
            Assert.Equal(IPAddress.Parse(first), Assert.Single(rig.Swarm.Connected).EndPoint.Address);
        }
    }

    private static uint Priority(string address) =>
        Bep40PeerPriority.Of(PeerEndpoint.From(IPAddress.Parse(Own), 0), PeerEndpoint.From(IPAddress.Parse(address), 1));

    private static PeerId Id(char c) => PeerId.Read([.. "-"u8, .. System.Text.Encoding.ASCII.GetBytes(new string(c, 19))]);
}
