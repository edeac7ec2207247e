using System.Net;
using System.Net.Sockets;
using Swarm.Discovery;
using Swarm.Protocol;

namespace Swarm.Peer.Tests.Dht;

/// <summary>The DHT over real sockets on loopback: searches, announces, what is kept, and a flood that changes none of it.</summary>
public sealed class MainlineDhtTests : IAsyncLifetime
{
    private static readonly WireHash InfoHash = WireHash.Read("a torrent's info hash"u8);

    private readonly List<MainlineDht> _nodes = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        for (var i = 0; i < 10; i++)
        {
            _nodes.Add(Start(i == 0 ? null : _nodes[0]));
        }

        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }
    }

    [Fact]
    public async Task Announced_IsFoundByAnother()
    {
        _nodes.ForEach(n => n.Activate());
        await EverybodyKnowsAsync();
        Assert.True(await UntilAsync(async () => (await _nodes[1].SearchAsync(InfoHash, 51413, _ => { }, Cancel)).Told > 0), "somebody keeps it");

        var found = new TaskCompletionSource<IReadOnlyList<PeerEndpoint>>(TaskCreationOptions.RunContinuationsAsynchronously);
        Assert.True(await UntilAsync(async () => (await _nodes[7].SearchAsync(InfoHash, 0, peers => found.TrySetResult(peers), Cancel)).Peers > 0), "it is found");
        Assert.Equal(["127.0.0.1:51413"], (await found.Task).Select(p => p.ToString()));
    }

    [Fact]
    public async Task Idle_SpeaksToNobody()
    {
        await using var idle = Start(_nodes[0]);
        idle.Hint(new(IPAddress.Loopback, _nodes[0].Port));
        using var asker = new UdpClient(0, AddressFamily.InterNetwork);
        await asker.SendAsync(KrpcPackets.GetPeers(KrpcPackets.Someone), new(IPAddress.Loopback, idle.Port), Cancel);
        Assert.True(await UntilAsync(() => Task.FromResult(idle.Facts()[0].ReceivedPackets > 0)));
        Assert.Equal((false, 0L), (idle.IsActive, idle.Facts()[0].SentPackets));
    }

    [Fact]
    public async Task Nodes_OutliveTheRun()
    {
        byte[]? saved = null;
        var first = Start(_nodes[0], save: bytes => saved = bytes);
        first.Activate();
        _nodes.ForEach(n => n.Activate());
        Assert.True(await UntilAsync(() => Task.FromResult(first.Nodes > 2)));
        var id = first.Facts()[0].Id;
        await first.DisposeAsync();
        Assert.NotNull(saved);

        await using var second = Start(null, saved);
        second.Activate();
        Assert.Equal(id, second.Facts()[0].Id);
        Assert.True(await UntilAsync(() => Task.FromResult(second.Nodes > 2)), "it finds the others without a router");
        Assert.Null(second.Trouble);
    }

    [Fact]
    public async Task Router_ThatCannotBeFound_IsSaid()
    {
        await using var lost = MainlineDht.Start(new()
        {
            Listen = new(IPAddress.Loopback, 0),
            MayReach = _ => true,
            Resolve = (_, _) => ValueTask.FromResult(new TrackerAddresses([], "The name router.invalid could not be resolved.")),
        });
        lost!.Activate();
        Assert.True(await UntilAsync(() => Task.FromResult(lost.Trouble is not null)));
        Assert.Equal("no DHT node to begin with could be found: The name router.invalid could not be resolved.", lost.Trouble);
        var result = await lost.SearchAsync(InfoHash, 51413, _ => { }, Cancel);
        Assert.Equal(default, result);
    }

    [Fact]
    public async Task Flood_MovesNoMoreBytesThanItBrings_AndGenuineSearchesGoOn()
    {
        _nodes.ForEach(n => n.Activate());
        await EverybodyKnowsAsync();
        Assert.True(await UntilAsync(async () => (await _nodes[1].SearchAsync(InfoHash, 51413, _ => { }, Cancel)).Told > 0));
        var target = _nodes[0];
        var before = target.Facts()[0];

        // Half of it noise, half well-formed, under another id each time.
        using var liar = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        const int packets = 10_000;
        var noise = new byte[100];
        var random = new Random(1);
        var searches = 0;
        for (var i = 0; i < packets; i++)
        {
            random.NextBytes(noise);
            liar.SendTo(i % 2 == 0 ? noise : KrpcPackets.GetPeers(new((ulong)random.NextInt64(), 0, 0)), new IPEndPoint(IPAddress.Loopback, target.Port));
            if (i % (packets / 2) == 0)
            {
                searches += (await _nodes[5].SearchAsync(InfoHash, 0, _ => { }, Cancel)).Peers;
            }
        }

        // Loopback loses what nobody reads in time; what came is counted by who got it.
        Assert.True(await UntilAsync(() => Task.FromResult(target.Facts()[0].ReceivedPackets - before.ReceivedPackets > packets / 25)));
        var after = target.Facts()[0];
        var received = after.ReceivedBytes - before.ReceivedBytes;
        Assert.InRange(after.SentBytes - before.SentBytes, 1, received);
        Assert.InRange(after.Garbage - before.Garbage, 1, packets);
        Assert.Equal(2, searches);
    }

    private async Task EverybodyKnowsAsync() => Assert.True(await UntilAsync(() => Task.FromResult(_nodes.All(n => n.Nodes > 2))), "the nodes know each other");

    private static MainlineDht Start(MainlineDht? router, byte[]? saved = null, Action<byte[]>? save = null) => MainlineDht.Start(new()
    {
        Listen = new(IPAddress.Loopback, 0),
        MayReach = end => IPAddress.IsLoopback(end.Address),
        Resolve = (node, _) => ValueTask.FromResult(new TrackerAddresses([new(IPAddress.Parse(node.Host), node.Port)])),
        Bootstrap = [new("127.0.0.1", router?.Port ?? 1)],
        Saved = saved,
        Save = save ?? (_ => { }),
    })!;

    private static async Task<bool> UntilAsync(Func<Task<bool>> holds)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        // Nodes that hear of nobody at first look again after 5, 10 and 20 s: half a minute is usual.
        patience.CancelAfter(3 * TestPatience.Long);
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!await holds())
        {
            if (patience.IsCancellationRequested)
            {
                return false;
            }

            await look.WaitForNextTickAsync(Cancel);
        }

        return true;
    }
}
