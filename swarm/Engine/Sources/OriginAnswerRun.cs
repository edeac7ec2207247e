using Swarm.Core;
using Swarm.Store;

namespace Swarm.Engine;

/// <summary>One answer of an origin under way: its body, where it stands, and the block it is filling. Guarded by its source's lock.</summary>
internal sealed class OriginAnswerRun(IOriginBody body, long next, long contentLength)
{
    public IOriginBody Body => body;

    /// <summary>One past the last byte the answer can bring; a body that claims more than the content is cut there.</summary>
    public long End { get; } = Math.Min(body.End, contentLength);

    /// <summary>Offset of the next byte.</summary>
    public long Next { get; set; } = next;

    public long StopBefore { get; set; } = Math.Min(body.End, contentLength);

    /// <summary>True once the loop took part of it back.</summary>
    public bool Cut { get; set; }

    public BlockBuffer? Current { get; set; }

    /// <summary>Offset of the first byte held in <see cref="Current"/>; it is block-aligned but for the first block of an unaligned answer.</summary>
    public long CurrentFrom { get; set; } = next;

    /// <summary>Rented before a receive, so that what arrives always has a place. The pump's alone.</summary>
    public Stack<BlockBuffer> Spare { get; } = new();

    /// <summary>The block that holds the next byte; past the last one when the content has no more.</summary>
    public int NextBlock => (int)((Next + (Next >= contentLength ? PieceLayout.BlockSize - 1 : 0)) / PieceLayout.BlockSize);
}
