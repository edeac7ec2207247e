using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Discovery;
using Swarm.Protocol;

namespace Swarm.Engine.Tests;

/// <summary>Which torrents are called out in the local network, and which are listened for, over multicast on loopback.</summary>
public sealed class LocalPeersTests : IAsyncDisposable
{
    private static readonly Metainfo Torrent = TestTorrent.Of(TestTorrent.Bytes(4 * TestTorrent.Block), format: MetainfoFormat.Hybrid);
    private static readonly Metainfo Control = TestTorrent.Of(TestTorrent.Bytes(4 * TestTorrent.Block, seed: 2));

    private readonly int _groupPort = FreePort();
    private readonly ConcurrentQueue<FoundPeers> _found = [];
    private readonly LocalDiscovery _neighbour;
    private readonly ConcurrentQueue<WireHash> _heard = [];
    private readonly LocalPeers _local;

    public LocalPeersTests()
    {
        _neighbour = new(Loopback, () => 1002, TimeProvider.System, _ => { }, _groupPort);
        _local = new(Loopback, () => 1001, TimeProvider.System, NullLogger.Instance, _groupPort);
    }

    public async ValueTask DisposeAsync()
    {
        await _neighbour.DisposeAsync();
        await _local.DisposeAsync();
    }

    [Theory]
    [InlineData(false, false, 2)]
    [InlineData(false, true, 0)]
    [InlineData(true, false, 0)]
    public async Task Torrent_IsCalledOutUnderBothHashes_UnlessPrivateOrOfHttps(bool isPrivate, bool httpsOnly, int calls)
    {
        Listen(Torrent);
        Listen(Control);
        await using var started = _local.Start(Search(Torrent) with { IsPrivate = isPrivate, HttpsOnly = httpsOnly });
        Assert.Equal(isPrivate, started is null);

        // A call for another torrent comes behind whatever was called before.
        await using var control = _local.Start(Search(Control));
        await Until.True(() => _heard.Contains(WireHash.V2Of(Control.InfoHash)!.Value), "the control is heard");

        Assert.Equal(calls, _heard.Distinct().Count(h => h == WireHash.V1Of(Torrent.InfoHash) || h == WireHash.V2Of(Torrent.InfoHash)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task NeighbourWhoCalls_IsFound_UnlessTheTorrentIsPrivate(bool isPrivate)
    {
        await using var started = _local.Start(Search(Torrent) with { IsPrivate = isPrivate, HttpsOnly = true });
        await using var control = _local.Start(Search(Control) with { HttpsOnly = true });
        await using var calls = _neighbour.Search(new([WireHash.V1Of(Torrent.InfoHash)!.Value], () => true, _ => { }));
        await using var callsControl = _neighbour.Search(new([WireHash.V2Of(Control.InfoHash)!.Value], () => true, _ => { }));

        await Until.True(() => _found.Count >= (isPrivate ? 1 : 2), "the neighbour is heard");

        Assert.All(_found, f => Assert.Equal((FoundBy.Lsd, new IPEndPoint(IPAddress.Loopback, 1002)), (f.By, Assert.Single(f.EndPoints))));
        Assert.Equal(isPrivate ? 1 : 2, _found.Count);
    }

    private static IReadOnlyList<LsdInterface> Loopback() => [new(IPAddress.Loopback, 1)];

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Any, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private PeerSearch Search(Metainfo torrent) => new(torrent.InfoHash) { LeftBytes = () => 1, Found = _found.Enqueue };

    private void Listen(Metainfo torrent)
    {
        foreach (var hash in new[] { WireHash.V1Of(torrent.InfoHash), WireHash.V2Of(torrent.InfoHash) }.OfType<WireHash>())
        {
            _ = _neighbour.Search(new([hash], () => false, _ => _heard.Enqueue(hash)));
        }
    }
}
