using Swarm.Core;

namespace Swarm.Engine.Tests;

/// <summary>Plays sources into a content, block by block.</summary>
internal sealed class ContentFeed(TestNode node, FileContent content, byte[] bytes)
{
    public bool Origin(int block, int source = 1, byte[]? instead = null)
    {
        var payload = instead ?? TestTorrent.BlockOf(bytes, block).ToArray();
        var buffer = node.Buffer(payload);
        var joined = content.CompleteOrigin(block, buffer, payload.Length, source);
        buffer.Release();
        return joined;
    }

    public bool Peer(int block, int source = 2, bool lie = false)
    {
        var payload = TestTorrent.BlockOf(bytes, block).ToArray();
        if (lie)
        {
            payload[^1] ^= 1;
        }

        return content.CompletePeer(block, node.Buffer(payload), payload.Length, source, MerkleTree.Leaf(payload));
    }

    /// <summary>What a response may release of this block: 0 for nothing, else all of it, compared with the truth.</summary>
    public int Released(int block, bool treeAllowed = true, int onlyFrom = -1)
    {
        var to = new byte[TestTorrent.Block];
        var n = content.Read((long)block * TestTorrent.Block, to, onlyFrom, treeAllowed, out _, out _);
        Assert.Equal(TestTorrent.BlockOf(bytes, block)[..n], to.AsSpan(0, n));
        return n;
    }
}
