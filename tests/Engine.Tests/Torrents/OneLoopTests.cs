using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Core;
using Swarm.Discovery;
using Swarm.Engine.Metrics;
using Swarm.Engine.Targets;
using Swarm.Protocol;
using Swarm.Testing;

namespace Swarm.Engine.Tests;

/// <summary>A torrent is one loop with one connection per peer, under however many URLs its file is open.</summary>
public sealed class OneLoopTests : IAsyncDisposable
{
    private static readonly byte[] Film = TestTorrent.Bytes(64 * TestTorrent.Block);
    private static readonly Metainfo Torrent = TestTorrent.Of(Film, format: MetainfoFormat.Hybrid);

    private readonly SwarmMetrics _metrics = new("Swarm.Engine.Tests.OneLoop" + Guid.NewGuid().ToString("N"));
    private readonly SwarmEngine _engine;
    private readonly WireSeed _seed = new(Torrent, [Film]);
    private readonly List<ResourceReader> _readers = [];

    public OneLoopTests()
    {
        _engine = Build(TimeProvider.System);
    }

    private TorrentSwarm Swarm => Assert.Single(_engine.Swarms);

    [Fact]
    public async Task TwoUrlsAndTheInfohash_ReadAtOnce_AreOneLoop_AndOneConnection()
    {
        var first = Open(Bound("https://a.example/film"));
        var second = Open(Bound("https://b.example/film"));
        var byHash = Open(ByInfohash());
        Swarm.Learn(_seed.EndPoint, FoundBy.Given);
        Swarm.Tick();

        await Task.WhenAll(ReadAsync(first), ReadAsync(second), ReadAsync(byHash)).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);

        Assert.Single(_engine.Loops, l => l.InfoHash == Torrent.InfoHash);
        // A dial that a busy machine gave up may still be open at the other end for a moment.
        await Until.True(() => Swarm.Connected.Count == 1 && _seed.Open == 1, () => $"{Swarm.Connected.Count} connections, {_seed.Open} at the seed");
        // What came once was enough for all three: not twice as much, where three swarms would have taken three times.
        Assert.InRange(_seed.BlocksSent, 64, 127);
    }

    [Fact]
    public async Task Guest_ReadsOn_WhenTheContentThatHasThePlaceIsFalsified()
    {
        var place = Bound("https://a.example/film");
        var first = Open(place);
        var guest = Open(ByInfohash());
        Assert.NotNull(guest.Content.Attachment?.Beside);

        place.Content.Falsify();

        Assert.Null(guest.Content.Attachment?.Beside);
        Assert.Equal(Torrent.InfoHash, guest.Content.Attachment?.Loop.InfoHash);
        Assert.Null(first.Content.Attachment?.Loop.InfoHash);
        Swarm.Learn(_seed.EndPoint, FoundBy.Given);
        Swarm.Tick();
        await ReadAsync(guest).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task PlaceOfAContentThatNobodyReads_GoesToTheNext_WithWhatIsThere()
    {
        var idle = ByInfohash();
        var reader = Open(idle);
        Swarm.Learn(_seed.EndPoint, FoundBy.Given);
        Swarm.Tick();
        await ReadAsync(reader).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        await reader.DisposeAsync();

        var next = Bound("https://a.example/film");
        var present = idle.Content.PresentBlocks;
        var reading = Open(next);

        Assert.Null(reading.Content.Attachment?.Beside);
        Assert.Null(idle.Content.Attachment);
        Assert.Equal(present, next.Content.PresentBlocks);
        Assert.Single(_engine.Loops, l => l.InfoHash == Torrent.InfoHash);
    }

    [Fact]
    public async Task Guest_TakesNothing_ThatStrangersMayNotHave()
    {
        var secret = Bound("https://a.example/film", isShareable: false);
        var first = Open(secret);
        var guest = Open(Bound("https://b.example/film", isShareable: false));
        Swarm.Learn(_seed.EndPoint, FoundBy.Given);
        Swarm.Tick();
        await ReadAsync(first).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);

        guest.TreeAllowed = true;
        var read = guest.ReadAsync(new byte[1], TestContext.Current.CancellationToken);
        Assert.False(read.IsCompleted);
        Assert.Equal(0, guest.Content.PresentBlocks);

        // Once the place is free it is served like anybody.
        secret.Content.Falsify();
        Assert.Equal(1, await read.AsTask().WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task SecretVersion_KeepsNoPlace_FromOneThatStrangersMayHave()
    {
        var secret = Open(Bound("https://a.example/film", isShareable: false));
        var third = Open(Bound("https://b.example/film", isShareable: false));
        var byHash = Open(ByInfohash());
        Assert.Null(byHash.Content.Attachment?.Beside);
        Assert.False(secret.Content.HasGuests);
        Assert.NotNull(secret.Content.Attachment?.Beside);

        Swarm.Learn(_seed.EndPoint, FoundBy.Given);
        Swarm.Tick();
        await ReadAsync(byHash).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        await ReadAsync(secret).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        await ReadAsync(third).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task VersionThatTheOriginRefusesToEverybody_GivesItsPlaceToItsGuest()
    {
        var first = Open(Bound("https://a.example/film"));
        var guest = Open(ByInfohash());
        Assert.NotNull(guest.Content.Attachment?.Beside);

        _engine.Revoke("https://a.example/film", "");

        Assert.Null(guest.Content.Attachment?.Beside);
        Assert.NotNull(first.Content.Attachment?.Beside);
        Swarm.Learn(_seed.EndPoint, FoundBy.Given);
        Swarm.Tick();
        await ReadAsync(guest).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Guest_IsWoken_WhenWhatTheOtherOriginBroughtIsProven()
    {
        // Without a clock that runs, nobody looks around for it each second.
        await using var engine = Build(new FakeTime());
        var place = Bound(engine, "https://a.example/film");
        var guest = engine.TorrentFile(engine.AddTorrent(Torrent, givenByUser: true), 0).Handle;
        await using var first = engine.OpenReader(place, new(0, Film.Length), null, null, "");
        await using var second = engine.OpenReader(guest, new(0, Film.Length), null, null, "");
        second.TreeAllowed = true;
        using var pool = new Store.SlabPool(1 << 20);

        // From the second piece on the answer is known to agree with the tree, which is news to nobody.
        var buffer = new byte[4 * TestTorrent.Block];
        for (var piece = 0; piece < 3; piece++)
        {
            for (var block = 4 * piece; block < (4 * piece) + 3; block++)
            {
                Bring(block);
            }

            var read = second.ReadAsync(buffer, TestContext.Current.CancellationToken).AsTask();
            Assert.False(read.IsCompleted);
            Bring((4 * piece) + 3);
            Assert.Equal(buffer.Length, await read.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        }

        void Bring(int block)
        {
            var brought = pool.TryRent()!;
            Film.AsSpan(block * TestTorrent.Block, TestTorrent.Block).CopyTo(brought.Span);
            place.Content.CompleteOrigin(block, brought, TestTorrent.Block, source: 1_000);
            brought.Release();
        }
    }

    [Fact]
    public async Task ReaderByHttps_BesideAPlaceThatNobodyReads_IsBroughtNothingInClear()
    {
        var idle = ByInfohash();
        var first = Open(idle);
        var guest = Open(Bound("https://a.example/film"));
        Assert.NotNull(guest.Content.Attachment?.Beside);
        var clear = HttpSeed.WebSeed("http://c.example/film");
        Assert.True(clear.MayServe(0, idle.Content)); // somebody reads it in clear

        await first.DisposeAsync();

        Assert.False(clear.MayServe(0, idle.Content));
        Assert.True(HttpSeed.WebSeed("https://c.example/film").MayServe(0, idle.Content));
        // Its own origin is asked by itself.
        Assert.False(HttpSeed.WebSeed("https://a.example/film").MayServe(0, idle.Content));
    }

    [Fact]
    public void VersionThatCannotBeSeeded_TakesNothingFromTheTorrentThatIsKnown()
    {
        _engine.AddTorrent(Torrent, givenByUser: true);
        var other = _engine.Name(new("https://a.example/film", "identity", new("\"v1\"", null), Film.Length + 1, null, Authority.OwnTlsFetch, true));

        Assert.NotNull(_engine.SeedVersion(other, Torrent, default));

        Assert.Single(_engine.Torrents, t => t.Metainfo.InfoHash == Torrent.InfoHash);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var reader in _readers)
        {
            await reader.DisposeAsync();
        }

        await _engine.DisposeAsync();
        _seed.Dispose();
        _metrics.Dispose();
    }

    private SwarmEngine Build(TimeProvider time)
    {
        Assert.True(AllowedTargets.TryParse(["127.0.0.0/8"], out var allowed, out _));
        return EngineBuilder.Build(new() { MemoryBytes = 16 << 20 }, new(allowed, new OwnListeners()), _metrics, time, NullLogger.Instance, _ => { }).Engine!;
    }

    private ResourceHandle Bound(string url, bool isShareable = true) => Bound(_engine, url, isShareable);

    /// <summary>A version whose origin named the torrent, and whose head the origin has confirmed.</summary>
    private static ResourceHandle Bound(SwarmEngine engine, string url, bool isShareable = true)
    {
        var handle = engine.Name(new(url, "identity", new("\"v1\"", null), Film.Length, null, Authority.OwnTlsFetch, isShareable));
        Assert.Null(engine.OfferTree(handle, Torrent, 0, Authority.Tree));
        handle.Content.Tree!.Confirmed = true;
        return handle;
    }

    private ResourceHandle ByInfohash() => _engine.TorrentFile(_engine.AddTorrent(Torrent, givenByUser: true), 0).Handle;

    private ResourceReader Open(ResourceHandle handle)
    {
        var reader = _engine.OpenReader(handle, new(0, Film.Length), null, null, "");
        _readers.Add(reader);
        return reader;
    }

    private static async Task ReadAsync(ResourceReader reader)
    {
        reader.TreeAllowed = true;
        var buffer = new byte[64 << 10];
        for (var at = 0; at < Film.Length;)
        {
            var n = await reader.ReadAsync(buffer, TestContext.Current.CancellationToken);
            Assert.True(n > 0, $"ended at {at}");
            Assert.True(Film.AsSpan(at, n).SequenceEqual(buffer.AsSpan(0, n)), $"wrong bytes at {at}");
            at += n;
        }
    }
}
