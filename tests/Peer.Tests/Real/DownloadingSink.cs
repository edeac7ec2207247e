using System.Buffers;
using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Peer.Tests;

/// <summary>
/// The least downloader that uses a connection as the engine will: hashes before unchoke, blocks in order, every block
/// checked against its leaf as it comes, requests given inside callbacks.
/// </summary>
internal sealed class DownloadingSink(int fileBytes, int pieceBytes, Hash256 piecesRoot) : RecordingSink
{
    private const int Depth = 32;
    private readonly PieceLayout _layout = new(fileBytes, pieceBytes);
    private int _next;

    public byte[] File { get; } = new byte[fileBytes];

    public Hash256[] Leaves { get; } = new Hash256[((fileBytes + PieceLayout.BlockSize - 1) / PieceLayout.BlockSize + 511) / 512 * 512];

    /// <summary>Leaves that came before the first block.</summary>
    public int LeavesBeforeBlocks { get; private set; }

    public int LeavesKnown { get; private set; }

    public int Pieces { get; private set; }

    public int BlocksReceived { get; private set; }

    public int BlocksVerified { get; private set; }

    public override void Ready(PeerConnection peer)
    {
        base.Ready(peer);
        peer.SetInterested();
        if (peer.IsV2)
        {
            // Runs of 512 leaves are 8 MiB; every tree here is higher than that, so one uncle or more completes the proof.
            var height = MerkleTree.HeightOf(_layout.BlockCount);
            for (var first = 0; first < _layout.BlockCount; first += 512)
            {
                Assert.True(peer.AskHashes(new(piecesRoot, 0, first, 512, height - 1)));
            }
        }
    }

    public override void Has(PeerConnection peer, int firstPiece, int count)
    {
        Pieces += count;
        base.Has(peer, firstPiece, count);
    }

    public override void Hashes(PeerConnection peer, in HashesMessage message)
    {
        var request = message.Request;
        message.CopyTo(0, Leaves.AsSpan(request.Index, request.Length));
        var uncles = new Hash256[message.UncleCount];
        message.CopyTo(request.Length, uncles);
        var run = Leaves.AsSpan(request.Index, request.Length).ToArray();
        var root = MerkleTree.Climb(MerkleTree.Root(run, 9), request.Index / request.Length, uncles);
        Assert.Equal(piecesRoot, root);
        LeavesKnown += request.Length;
        LeavesBeforeBlocks += BlocksReceived == 0 ? request.Length : 0;
        base.Hashes(peer, message);
    }

    public override void Unchoked(PeerConnection peer)
    {
        base.Unchoked(peer);
        RequestMore(peer);
    }

    public override void Block(PeerConnection peer, int piece, int begin, in ReadOnlySequence<byte> payload)
    {
        var offset = ((long)piece * pieceBytes) + begin;
        var block = (int)(offset / PieceLayout.BlockSize);
        var to = File.AsSpan((int)offset, (int)payload.Length);
        payload.CopyTo(to);
        BlocksReceived++;
        BlocksVerified += MerkleTree.Leaf(to) == Leaves[block] ? 1 : 0;
    }

    public override void BatchEnd(PeerConnection peer)
    {
        RequestMore(peer);
        base.BatchEnd(peer);
    }

    public bool IsDone => BlocksReceived == _layout.BlockCount;

    private void RequestMore(PeerConnection peer)
    {
        while (!peer.PeerChokes && _next < _layout.BlockCount && peer.OutstandingRequests < Depth)
        {
            var piece = _layout.PieceOf(_next);
            var begin = (_next - _layout.BlocksOf(piece).First) * PieceLayout.BlockSize;
            Assert.True(peer.RequestBlock(piece, begin, _layout.BlockBytes(_next)));
            _next++;
        }
    }
}
