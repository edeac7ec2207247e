using Swarm.Core;
using Swarm.Store;

namespace Swarm.Engine;

/// <summary>
/// Bytes that only the client of an answer may have: unaligned ends of it, and blocks that contradict the tree. Guarded by
/// its source's lock. Closed, it keeps nothing.
/// </summary>
internal sealed class PrivateParts
{
    private readonly Queue<(long From, long End, BlockBuffer Buffer)> _parts = new();
    private bool _closed;
    private long _headFrom;
    private long _headEnd;

    /// <summary>
    /// How far a reader at <paramref name="position"/> gets with the parts at hand. The core, which knows admitted blocks only, is
    /// told this place. A look without the lock: a little late is harmless.
    /// </summary>
    public long ReachOf(long position) =>
        position >= Volatile.Read(ref _headFrom) && position < Volatile.Read(ref _headEnd) ? Volatile.Read(ref _headEnd) : position;

    /// <summary>Takes over the buffer: bytes <paramref name="from"/> to <paramref name="end"/>, at their places in the block.</summary>
    public void Add(long from, long end, BlockBuffer buffer)
    {
        if (_closed || end <= from)
        {
            buffer.Release();
            return;
        }

        _parts.Enqueue((from, end, buffer));
        FindHead();
    }

    public bool Covers(long offset)
    {
        foreach (var part in _parts)
        {
            if (offset >= part.From && offset < part.End)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Copies from the part that holds <paramref name="offset"/>, at most to its end.</summary>
    public int Read(long offset, Span<byte> to)
    {
        foreach (var part in _parts)
        {
            if (offset >= part.From && offset < part.End)
            {
                return Copy(part.Buffer, offset, part.End, to);
            }
        }

        return 0;
    }

    /// <summary>True while a part ends exactly there and nobody has taken it.</summary>
    public bool EndsAt(long end)
    {
        foreach (var part in _parts)
        {
            if (part.End == end)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The reader has everything before <paramref name="position"/>.</summary>
    public void DropBefore(long position)
    {
        while (_parts.TryPeek(out var part) && part.End <= position)
        {
            _parts.Dequeue().Buffer.Release();
        }

        FindHead();
    }

    public void Close()
    {
        _closed = true;
        while (_parts.TryDequeue(out var part))
        {
            part.Buffer.Release();
        }

        FindHead();
    }

    private void FindHead()
    {
        var (from, end) = (0L, 0L);
        foreach (var part in _parts)
        {
            if (end != 0 && part.From != end)
            {
                break;
            }

            (from, end) = (end == 0 ? part.From : from, part.End);
        }

        Volatile.Write(ref _headFrom, from);
        Volatile.Write(ref _headEnd, end);
    }

    internal static int Copy(BlockBuffer buffer, long offset, long end, Span<byte> to)
    {
        var n = (int)Math.Min(to.Length, end - offset);
        buffer.Span.Slice((int)(offset % PieceLayout.BlockSize), n).CopyTo(to);
        return n;
    }
}
