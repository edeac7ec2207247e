using System.Collections.Concurrent;
using Swarm.Core;

namespace Swarm.Engine.Tests;

/// <summary>
/// A film read by several clients at once, from an origin that breaks, peers that lie, refuse and leave, and a tree that
/// arrives under way: everything by one seed. Whatever leaves is compared with the truth.
/// </summary>
internal sealed class EngineStress(int seed)
{
    private const int Readers = 4;
    private const int Peers = 5;
    private static readonly TimeSpan Network = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Bytes that clients got.</summary>
    public long Delivered { get; private set; }

    public long RejectedBytes { get; private set; }

    /// <param name="record">Where the torrent's loop writes its log; null for nowhere.</param>
    public async Task RunAsync(Func<Stream>? record)
    {
        var random = new Random(seed);
        var bytes = TestTorrent.Bytes((3 << 20) + random.Next(100_000), seed);
        var torrent = TestTorrent.Of(bytes, 16 * TestTorrent.Block);
        await using var node = new TestNode(TimeProvider.System, memoryBytes: 8 << 20);
        var content = node.Content(bytes.Length, memoryLimitBytes: 2 << 20);
        node.LoneLoop(content);
        var loop = node.Loop(torrent.Layout, torrent.InfoHash, record);

        var readers = new List<Task>();
        for (var i = 0; i < Readers; i++)
        {
            readers.Add(ReadAsync(node, content, bytes, i == 0 ? 0 : random.Next(bytes.Length / 2), random.Next()));
        }

        // The tree comes while the first answers run: the content moves from its lone loop to the torrent's.
        await Until.True(() => content.PresentBlocks > random.Next(40), "the origin did not begin");
        content.BindTree(TestTorrent.Tree(torrent), null);
        Assert.True(loop.TryAttach(content, 0));
        var peers = Enumerable.Range(0, Peers).Select(i => new StressPeer(node, loop, content, bytes, new Random(random.Next()), lies: i == 0)).ToArray();
        foreach (var peer in peers)
        {
            peer.Join();
        }

        await Task.WhenAll(readers).WaitAsync(Patience);
        Assert.False(content.Falsified);
        Assert.True(content.TreeConfirmed);
        RejectedBytes = content.RejectedBytes;
        foreach (var peer in peers)
        {
            await peer.StopAsync();
        }
    }

    private async Task ReadAsync(TestNode node, FileContent content, byte[] bytes, long from, int readerSeed)
    {
        var random = new Random(readerSeed);
        var range = ByteRange.FromBounds(from, bytes.Length);
        var origin = new ScriptedOrigin(bytes)
        {
            Script = (n, asked) => n % 4 == 3
                ? new FetchError(FetchFailure.ServerError, "503")
                : new OriginFetch(new ScriptedBody(bytes, asked.Offset, asked.End) { FailAt = FailAt(asked.Offset, asked.End), MaxRead = 20_000, Latency = Network, Time = node.Context.Time }, null),
        };

        // At least a block before it breaks, else the origin counts as one that never gets anywhere.
        long FailAt(long start, long end)
        {
            lock (random)
            {
                return random.Next(3) == 0 ? Math.Min(end, start + (3 * TestTorrent.Block) + random.Next(1 << 20)) : long.MaxValue;
            }
        }

        var reader = node.Reader(content, range);
        var source = new OriginSource(node.Context, reader, origin, "origin");
        source.Adopt(new ScriptedBody(bytes, from, bytes.Length) { FailAt = FailAt(from, bytes.Length), MaxRead = 20_000, Latency = Network, Time = node.Context.Time });
        reader.TreeAllowed = true;
        reader.Open(source);
        source.StartAdopted();
        await Task.Yield();
        var at = from;
        var some = new byte[50_000];
        while (await reader.ReadAsync(some.AsMemory(0, 1 + random.Next(some.Length)), CancellationToken.None) is > 0 and var n)
        {
            Assert.True(bytes.AsSpan((int)at, n).SequenceEqual(some.AsSpan(0, n)), $"seed {seed}: wrong bytes at {at}");
            at += n;
        }

        Assert.Equal(range.End, at);
        lock (this)
        {
            Delivered += at - from;
        }

        await reader.DisposeAsync();
    }

    /// <summary>A peer in memory: it delivers on its own thread, out of order, and does what peers do.</summary>
    private sealed class StressPeer(TestNode node, SwarmLoop loop, FileContent content, byte[] bytes, Random random, bool lies) : IBlockSource
    {
        private readonly BlockingCollection<(bool Hashes, BlockRun Run)> _work = [];
        private readonly int _id = node.Context.NextId();
        private volatile bool _banned;
        private Task _worker = Task.CompletedTask;

        public SourceKind Kind => SourceKind.Peer;
        public string Address => "peer";
        public string? ClientName => null;

        public void Join()
        {
            node.Context.Sources.Add(_id, SourceKind.Peer, Address);
            _worker = Task.Factory.StartNew(Work, TaskCreationOptions.LongRunning);
            loop.Join(_id, this, 250, 1_000);
            loop.Post(EventKind.SourceHas, _id, 0, loop.Layout.BlockCount);
            loop.Post(EventKind.Unchoked, _id);
        }

        public async Task StopAsync()
        {
            Close();
            await _worker;
            _work.Dispose();
        }

        public void Request(BlockRun run, Instant deadline) => Add(false, run);

        public void AskHashes(BlockRun run) => Add(true, run);

        public void Cancel(BlockRun run)
        {
            // Too late, always: the block comes all the same.
        }

        public void Ban(int block)
        {
            Assert.True(lies, "an honest peer was banned");
            _banned = true;
            loop.Leave(_id);
        }

        public void Flush()
        {
        }

        public void Close()
        {
            loop.Leave(_id);
            _work.CompleteAdding();
        }

        private void Add(bool hashes, BlockRun run)
        {
            if (!_work.IsAddingCompleted)
            {
                try
                {
                    _work.Add((hashes, run));
                }
                catch (InvalidOperationException)
                {
                    // Stopped meanwhile.
                }
            }
        }

        private void Work()
        {
            var leaves = TestTorrent.Leaves(bytes);
            foreach (var (hashes, run) in _work.GetConsumingEnumerable())
            {
                if (_banned)
                {
                    continue;
                }

                if (hashes)
                {
                    if (random.Next(3) == 0)
                    {
                        loop.Post(EventKind.HashesRefused, _id, run.First, run.Count, random.Next(2));
                    }
                    else
                    {
                        content.LearnLeaves(run.First, leaves.AsSpan(run.First, Math.Min(run.Count, leaves.Length - run.First)), _id);
                    }

                    continue;
                }

                for (var block = run.First; block < run.End; block++)
                {
                    Deliver(block);
                }
            }
        }

        private void Deliver(int block)
        {
            if (random.Next(12) == 0 || node.Pool.TryRent() is not { } buffer)
            {
                node.Context.RelieveMemory();
                loop.Post(EventKind.Rejected, _id, block, 1);
                return;
            }

            var payload = TestTorrent.BlockOf(bytes, block);
            payload.CopyTo(buffer.Span);
            if (lies && random.Next(8) == 0)
            {
                buffer.Span[random.Next(payload.Length)] ^= 0x40;
            }

            if (random.Next(10) == 0)
            {
                Thread.Yield();
            }

            content.CompletePeer(block, buffer, payload.Length, _id, MerkleTree.Leaf(buffer.Span[..payload.Length]));
        }
    }
}
