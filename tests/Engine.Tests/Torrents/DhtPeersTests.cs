using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Core;
using Swarm.Discovery;
using Swarm.Engine.Metrics;
using Swarm.Store;

namespace Swarm.Engine.Tests;

/// <summary>What is looked for in the DHT and what is announced there: never private torrents, never what came by https, and nothing of a node that gives nothing.</summary>
public sealed class DhtPeersTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly SwarmMetrics _metrics = new();
    private MainlineDht _keeper = null!;
    private MainlineDht _own = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _keeper = Start(1);
        _own = Start(null);
        _keeper.Activate();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _own.DisposeAsync();
        await _keeper.DisposeAsync();
        _metrics.Dispose();
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Torrent_ThatIsPrivateOrCameByHttps_IsNotNamedThere(bool isPrivate, bool httpsOnly)
    {
        Assert.Null(Peers(51413).Start(Search(_ => { }) with { IsPrivate = isPrivate, HttpsOnly = httpsOnly }));
        Assert.False(_own.IsActive);
    }

    [Fact]
    public void WithoutADht_NobodyLooks() => Assert.Null(new DhtPeers(Context(null), () => 1).Start(Search(_ => { })));

    [Theory]
    [InlineData(51413, 2)]
    [InlineData(0, 0)]
    public async Task Torrent_IsAnnouncedUnderBothHashes_UnlessNothingIsGiven(int port, int kept)
    {
        await using var running = Peers(port).Start(Search(_ => { }));
        await Until.True(() => _keeper.Facts()[0].Queries >= 4, "the keeper is asked");
        await Until.True(() => _keeper.Facts()[0].StoredPeers == kept, "what is announced is kept");
        Assert.Equal(kept, _keeper.Facts()[0].StoredInfoHashes);
    }

    [Fact]
    public async Task Peer_ThatAnotherAnnounced_IsFound()
    {
        var found = new TaskCompletionSource<FoundPeers>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var other = Start(null);
        await using var announcing = new DhtPeers(Context(other), () => 7_000).Start(Search(_ => { }));
        await Until.True(() => _keeper.Facts()[0].StoredPeers > 0, "it is announced");

        await using var looking = Peers(0).Start(Search(peers => found.TrySetResult(peers)));
        var answer = await found.Task.WaitAsync(Patience, Cancel);
        Assert.Equal((FoundBy.Dht, new IPEndPoint(IPAddress.Loopback, 7_000)), (answer.By, Assert.Single(answer.EndPoints)));
    }

    [Fact]
    public async Task Torrent_ThatNobodyWants_Rests()
    {
        var looks = 0;
        await using var running = Peers(51413).Start(Search(_ => { }) with
        {
            IsActive = () =>
            {
                Interlocked.Increment(ref looks);
                return false;
            },
        });
        await Until.True(() => Volatile.Read(ref looks) >= 4, "it is looked whether it is wanted");
        Assert.False(_own.IsActive);
    }

    private static PeerSearch Search(Action<FoundPeers> found) =>
        new(new InfoHash(new string('a', 40), new Hash256(1, 2, 3, 4))) { LeftBytes = () => 1, Found = found };

    private DhtPeers Peers(int port) => new(Context(_own), () => port);

    private EngineContext Context(MainlineDht? dht) => new(new(), TimeProvider.System, NullLogger.Instance, new SlabPool(1 << 20), _metrics) { Dht = dht };

    private MainlineDht Start(int? routerPort) => MainlineDht.Start(new()
    {
        Listen = new(IPAddress.Loopback, 0),
        MayReach = _ => true,
        Resolve = (node, _) => ValueTask.FromResult(new TrackerAddresses([new(IPAddress.Parse(node.Host), node.Port)])),
        Bootstrap = [new("127.0.0.1", routerPort ?? _keeper.Port)],
    })!;
}
