using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Discovery;
using Swarm.Engine.Metrics;
using Swarm.Engine.Targets;
using Swarm.Peer;
using Swarm.Protocol;
using Swarm.Store;

namespace Swarm.Engine.Tests;

/// <summary>Fifty peers and three readers of one torrent of several files: each peer is one connection, memory is bounded, readers are served alike.</summary>
public sealed class ManyPeersTests
{
    private const int Peers = 50;
    private const int PieceLength = 4 * TestTorrent.Block;
    private const long MemoryBytes = 8 << 20;

    private static readonly byte[][] Files = [TestTorrent.Bytes(6_000_000, 1), TestTorrent.Bytes(6_000_000, 2), TestTorrent.Bytes(6_000_000, 3)];

    [Fact]
    public async Task FiftyPeers_ThreeReaders_OneConnectionEach_BoundedMemory_FairReaders()
    {
        var torrent = Torrent();
        Assert.True(AllowedTargets.TryParse(["127.0.0.0/8"], out var allowed, out _));
        using var metrics = new SwarmMetrics("Swarm.Engine.Tests.ManyPeers");
        var settings = new PeerSettings();
        var governor = new Governor(MemoryBytes, 32);
        // The pool itself would let four times as much pass: what holds memory down is the scheduler.
        var pool = new SlabPool(4 * MemoryBytes);
        var context = new EngineContext(new() { MemoryBytes = MemoryBytes, MaxPeersPerSwarm = 2 * Peers }, TimeProvider.System, NullLogger.Instance, pool, metrics);
        await using var engine = new SwarmEngine(
            context, new(new TargetPolicy(allowed, new OwnListeners()), governor, settings, []), governor, null);
        await using var listener = PeerListener.Start(new(IPAddress.Loopback, 0), engine.AdmitPeer, settings);
        var record = engine.AddTorrent(torrent, givenByUser: true);
        var crowd = new WireCrowd(Peers);
        var seeds = Enumerable.Range(0, Peers).Select(_ => new WireSeed(torrent, Files, crowd)).ToArray();
        try
        {
            var readers = Enumerable.Range(0, Files.Length).Select(file => engine.OpenReader(engine.TorrentFile(record, file).Handle, new(0, Files[file].Length), null, null, "")).ToArray();
            var swarm = Assert.Single(engine.Swarms);
            for (var i = 0; i < Peers; i++)
            {
                // A third is heard of by trackers, a third calls under either hash, a third both.
                if (i % 3 != 1)
                {
                    swarm.Learn(seeds[i].EndPoint, FoundBy.Given);
                }

                if (i % 3 != 0)
                {
                    seeds[i].Call(listener.LocalEndPoint, v2: i % 2 == 0);
                }
            }

            swarm.Tick();
            await Until.True(() => seeds.All(s => s.Open >= 1) && swarm.Connected.Count(p => p.IsSettled) == Peers, () => $"{swarm.Connected.Count} connected");

            long peak = 0;
            long[]? atFirstEnd = null;
            var reading = readers.Select((reader, file) => ReadAsync(reader, Files[file], onRead: () =>
            {
                var now = pool.RentedBytes;
                for (var seen = Volatile.Read(ref peak); now > seen; seen = Volatile.Read(ref peak))
                {
                    Interlocked.CompareExchange(ref peak, now, seen);
                }
            }, onEnd: () => Interlocked.CompareExchange(ref atFirstEnd, [.. readers.Select(r => r.Position)], null))).ToArray();
            await Task.WhenAll(reading).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);

            await Until.True(() => seeds.All(s => s.Open == 1), () => $"connections: {string.Join(", ", seeds.Select(s => s.Open))}");
            Assert.Equal(Peers, swarm.Connected.Select(p => p.PeerId).Distinct().Count());
            Assert.Equal(Peers, swarm.Connected.Count);
            // Window, one piece a source, and the quarter of the memory that a content may keep of what was read.
            Assert.InRange(peak, 1, (MemoryBytes / 2) + (Peers * PieceLength) + (MemoryBytes / 4));
            // When the first reader is through the others have two thirds at least.
            Assert.All(atFirstEnd!, position => Assert.InRange(position, Files[0].Length * 2 / 3, Files[0].Length));
            // It is a swarm that serves, not the first few.
            Assert.InRange(seeds.Count(s => s.BlocksSent > 0), Peers / 2, Peers);
            foreach (var reader in readers)
            {
                await reader.DisposeAsync();
            }
        }
        finally
        {
            foreach (var seed in seeds)
            {
                seed.Dispose();
            }
        }
    }

    private static async Task ReadAsync(ResourceReader reader, byte[] file, Action onRead, Action onEnd)
    {
        reader.TreeAllowed = true;
        var buffer = new byte[64 << 10];
        for (var at = 0; at < file.Length;)
        {
            var n = await reader.ReadAsync(buffer, TestContext.Current.CancellationToken);
            Assert.True(n > 0, $"ended at {at}");
            Assert.True(file.AsSpan(at, n).SequenceEqual(buffer.AsSpan(0, n)), $"wrong bytes at {at}");
            at += n;
            onRead();
        }

        onEnd();
    }

    private static Metainfo Torrent()
    {
        using var hasher = new MetainfoHasher(MetainfoFormat.Hybrid, PieceLength, singleFile: false);
        for (var i = 0; i < Files.Length; i++)
        {
            hasher.Append(Files[i]);
            hasher.EndFile($"{i}.mp4");
        }

        var builder = new MetainfoBuilder { Name = "films", PieceLength = PieceLength, Format = MetainfoFormat.Hybrid, V1Pieces = hasher.EndContent(), Files = hasher.Files };
        Assert.True(builder.TryBuild(out var built, out var error), error?.ToString());
        Assert.True(Metainfo.TryParse(built, out var metainfo, out error), error?.ToString());
        return metainfo;
    }
}
