using Swarm.Core;
using Swarm.Testing;

namespace Swarm.Engine.Tests;

/// <summary>The budget of the byte path: at most 64 B allocated a MiB on the way in, nothing on the way out of memory.</summary>
public sealed class AllocationTests
{
    private const int BlocksPerMebibyte = 64;
    private const int Mebibytes = 64;

    [Fact]
    public async Task PeersBlocks_HashedAdmittedAndPassedOn_AllocateAtMost64BytesAMiB()
    {
        await using var rig = new Rig();
        rig.Ingest(rounds: 8, waste: false); // tables grow once

        Assert.InRange(Allocated.Bytes(() => rig.Ingest(Mebibytes, waste: false)) / (double)Mebibytes, 0, 64);
    }

    // The gate must see one small object a block, or it sees nothing.
    [Fact]
    public async Task TheSameGate_SeesOneSmallAllocationABlock()
    {
        await using var rig = new Rig();
        rig.Ingest(rounds: 8, waste: false);

        Assert.True(Allocated.Bytes(() => rig.Ingest(Mebibytes, waste: true)) / (double)Mebibytes > 64);
    }

    [Fact]
    public async Task ReadingFromMemory_AllocatesNothing()
    {
        await using var rig = new Rig();
        rig.Fill();
        var to = new byte[TestTorrent.Block];
        Assert.Equal(0, Allocated.Bytes(() => rig.ReadAll(to)));
    }

    /// <summary>A content of one MiB through which the same blocks go again and again, without a loop: its own queue is not the content's cost.</summary>
    private sealed class Rig : IAsyncDisposable
    {
        private readonly byte[] _bytes = TestTorrent.Bytes(1 << 20);
        private readonly TestNode _node = new();
        private readonly FileContent _content;
        private object? _waste;

        public Rig()
        {
            // Room for half of it: each block admitted makes the oldest go.
            _content = _node.Content(_bytes.Length, memoryLimitBytes: 1 << 19);
            _content.BindTree(TestTorrent.Tree(TestTorrent.Of(_bytes), confirmed: true), null);
            _content.LearnLeaves(0, TestTorrent.Leaves(_bytes), giver: -1);
        }

        public void Ingest(int rounds, bool waste)
        {
            for (var i = 0; i < rounds * BlocksPerMebibyte; i++)
            {
                var block = i % BlocksPerMebibyte;
                var payload = TestTorrent.BlockOf(_bytes, block);
                var buffer = _node.Pool.TryRent()!;
                payload.CopyTo(buffer.Span);
                _content.CompletePeer(block, buffer, payload.Length, 2, MerkleTree.Leaf(payload));
                _waste = waste ? new byte[8] : _waste;
            }

            Assert.Equal(0, _content.DuplicateBytes);
        }

        public void Fill()
        {
            for (var block = 0; block < BlocksPerMebibyte / 2; block++)
            {
                var payload = TestTorrent.BlockOf(_bytes, block);
                _content.CompletePeer(block, _node.Buffer(payload), payload.Length, 2, MerkleTree.Leaf(payload));
            }
        }

        public void ReadAll(byte[] to)
        {
            for (var block = 0; block < BlocksPerMebibyte / 2; block++)
            {
                if (_content.Read((long)block * TestTorrent.Block, to, -1, true, out _, out _) != TestTorrent.Block)
                {
                    throw new InvalidOperationException($"block {block} is not here");
                }
            }
        }

        public ValueTask DisposeAsync()
        {
            GC.KeepAlive(_waste);
            return _node.DisposeAsync();
        }
    }
}
