using System.Buffers;
using Swarm.Core;
using Swarm.Engine;
using Swarm.Engine.Metrics;
using Swarm.Protocol;
using Swarm.Store;

namespace Swarm.Benchmarks;

/// <summary>The way of a peer's block: cut out of the stream, copied, hashed, compared with its leaf, admitted; and the way out of memory.</summary>
internal sealed class IngestBenchmark : IDisposable
{
    public const int Mebibytes = 16;
    private const int Block = PieceLayout.BlockSize;
    private const int Blocks = (1 << 20) / Block;
    private readonly SwarmMetrics _metrics = new("Swarm.Benchmarks");
    private readonly SlabPool _pool = new(8 << 20);
    private readonly byte[] _bytes = new byte[1 << 20];
    private readonly byte[] _to = new byte[Block];
    private readonly byte[] _stream;
    private readonly FileContent _moving;
    private readonly FileContent _kept;
    private readonly WireLimits _limits = new(Blocks);

    public IngestBenchmark()
    {
        new Random(1).NextBytes(_bytes);
        using var hasher = new MetainfoHasher(MetainfoFormat.V2, Block, singleFile: true);
        hasher.Append(_bytes);
        hasher.EndFile("film");
        hasher.EndContent();
        if (!new MetainfoBuilder { Name = "film", PieceLength = Block, Format = MetainfoFormat.V2, Files = hasher.Files }.TryBuild(out var built, out var error)
            || !Metainfo.TryParse(built, out var metainfo, out error))
        {
            throw new InvalidOperationException(error.ToString());
        }

        var to = new ArrayBufferWriter<byte>(2 << 20);
        for (var block = 0; block < Blocks; block++)
        {
            new PieceMessage(block, 0, Block).Write(to);
            to.Write(_bytes.AsSpan(block * Block, Block));
        }

        _stream = to.WrittenSpan.ToArray();
        // Half of it fits: each block that comes makes the oldest go, and every round is new work.
        _moving = Content(metainfo, 1 << 19);
        _kept = Content(metainfo, 4 << 20);
        Receive(_kept);
    }

    /// <summary>Pieces of one block: their hashes are the leaves.</summary>
    private FileContent Content(Metainfo metainfo, long memoryBytes)
    {
        var version = new ResourceVersion("https://example.org/film", "identity", null, _bytes.Length, metainfo.InfoHash.Id, Authority.Tree, true);
        var content = new FileContent(version, null, _metrics, new StoreBacklog(memoryBytes / 8, TimeProvider.System), memoryBytes);
        content.BindTree(new(metainfo, 0, Authority.Tree, confirmed: true), null);
        return content;
    }

    public void Ingest()
    {
        for (var i = 0; i < Mebibytes; i++)
        {
            Receive(_moving);
        }
    }

    public void HashAlone()
    {
        for (var i = 0; i < Mebibytes * Blocks; i++)
        {
            MerkleTree.Leaf(_bytes.AsSpan(i % Blocks * Block, Block));
        }
    }

    public void Read()
    {
        for (var i = 0; i < Mebibytes * Blocks; i++)
        {
            if (_kept.Read((long)(i % Blocks) * Block, _to, -1, treeAllowed: true, out _, out _) != Block)
            {
                throw new InvalidOperationException("an admitted block is not here");
            }
        }
    }

    public void CopyAlone()
    {
        for (var i = 0; i < Mebibytes * Blocks; i++)
        {
            _bytes.AsSpan(i % Blocks * Block, Block).CopyTo(_to);
        }
    }

    public void Dispose()
    {
        _moving.Release();
        _kept.Release();
        _pool.Dispose();
        _metrics.Dispose();
    }

    private void Receive(FileContent content)
    {
        var stream = new ReadOnlySequence<byte>(_stream);
        while (FrameReader.Read(ref stream, _limits, out var frame, out _) == FrameStatus.Message)
        {
            var reader = new SequenceReader<byte>(frame.Payload);
            if (!PieceMessage.TryRead(ref reader, out var piece) || _pool.TryRent() is not { } buffer)
            {
                throw new InvalidOperationException("the stream or the memory is not as it was built");
            }

            reader.UnreadSequence.CopyTo(buffer.Span);
            content.CompletePeer(piece.Piece, buffer, piece.Length, 1, MerkleTree.Leaf(buffer.Span[..piece.Length]));
        }
    }
}
