using System.Buffers;
using Microsoft.Win32.SafeHandles;
using Swarm.Core;

namespace Swarm.Store;

/// <summary>
/// What the user already has of a content, lent to it: one file, or those that follow each other in a torrent whose pieces run across files.
/// Read, never written. It is the user's to change at any time, so every read hashes the block, and one that no longer has its leaf is gone
/// from here.
/// </summary>
/// <remarks>Any thread. Nothing of it is kept over a restart: who lends a file lends it again, and it is hashed again.</remarks>
public sealed class AdoptedFile : IDisposable
{
    private readonly Part[] _parts;
    private readonly PieceLayout _layout;
    private readonly Hash256[] _leaves;
    private readonly ulong[] _has;

    private AdoptedFile(Part[] parts, long length)
    {
        _parts = parts;
        _layout = UnitBits.Layout(length);
        _leaves = new Hash256[_layout.BlockCount];
        _has = new ulong[(_layout.BlockCount + UnitRow.Blocks - 1) / UnitRow.Blocks];
    }

    /// <summary>Bytes of the content that one file has; null for one that is not here.</summary>
    private readonly record struct Part(SafeFileHandle? File, long Start, long Length);

    /// <summary>Bytes of the blocks that were right when they were looked at last.</summary>
    public long Bytes
    {
        get
        {
            long bytes = 0;
            for (var unit = 0; unit < _has.Length; unit++)
            {
                bytes += _layout.Bytes(unit, Volatile.Read(ref _has[unit]));
            }

            return bytes;
        }
    }

    /// <summary>Opens the file for reading alone.</summary>
    /// <param name="length">Of the content; the file may be shorter, and then lacks blocks.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static AdoptedFile Open(string path, long length) => new([new(OpenToRead(path), 0, length)], length);

    /// <summary>Opens files that follow each other in one content, for reading alone.</summary>
    /// <param name="files">In order; a path of null is a file that is not here, whose blocks are lacking.</param>
    /// <exception cref="IOException">One of them cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">One of them may not be read.</exception>
    public static AdoptedFile Open(IReadOnlyList<(string? Path, long Length)> files)
    {
        var parts = new List<Part>(files.Count);
        long start = 0;
        try
        {
            foreach (var (path, length) in files)
            {
                parts.Add(new(path is null ? null : OpenToRead(path), start, length));
                start += length;
            }
        }
        catch (Exception e) when (StorageFault.IsExpected(e))
        {
            parts.ForEach(static p => p.File?.Dispose());
            throw;
        }

        return new([.. parts], start);
    }

    /// <summary>The bytes as they are, for whoever judges them.</summary>
    /// <returns>Bytes read: fewer than asked for where a file ends.</returns>
    public int ReadRaw(long offset, Span<byte> to)
    {
        var got = 0;
        for (var i = PartAt(offset); i < _parts.Length && got < to.Length; i++)
        {
            var part = _parts[i];
            var wanted = (int)Math.Min(to.Length - got, part.Start + part.Length - offset - got);
            var read = part.File is { } file ? ReadPart(file, offset + got - part.Start, to.Slice(got, wanted)) : 0;
            got += read;
            if (read < wanted)
            {
                break;
            }
        }

        return got;
    }

    public void Dispose()
    {
        foreach (var part in _parts)
        {
            part.File?.Dispose();
        }
    }

    internal bool Has(int block) => (Volatile.Read(ref _has[UnitBits.UnitOf(block)]) & UnitBits.BitOf(block)) != 0;

    /// <summary>The block was found right: it hashes to this leaf of the tree. Before its bit, so that whoever sees the bit sees the leaf.</summary>
    internal void Admit(int block, in Hash256 leaf)
    {
        _leaves[block] = leaf;
        Interlocked.Or(ref _has[UnitBits.UnitOf(block)], UnitBits.BitOf(block));
    }

    /// <summary>Every block was found right, the first of them hashing to the first of these leaves.</summary>
    internal void AdmitAll(ReadOnlySpan<Hash256> leaves)
    {
        leaves.CopyTo(_leaves);
        for (var unit = 0; unit < _has.Length; unit++)
        {
            Volatile.Write(ref _has[unit], _layout.InContent(unit));
        }
    }

    /// <summary>True if it was here until now.</summary>
    internal bool Drop(int block) => (Interlocked.And(ref _has[UnitBits.UnitOf(block)], ~UnitBits.BitOf(block)) & UnitBits.BitOf(block)) != 0;

    internal bool TryGetLeaf(int block, out Hash256 leaf)
    {
        // Looked at once: a block that is admitted between two looks would be here without its leaf.
        var has = Has(block);
        leaf = has ? _leaves[block] : default;
        return has;
    }

    /// <summary>Copies from a block that still hashes to its leaf.</summary>
    /// <returns>Bytes copied; -1 if the file no longer has the block.</returns>
    internal int Read(int block, int within, Span<byte> to)
    {
        if (!TryGetLeaf(block, out var leaf))
        {
            return -1;
        }

        var rented = ArrayPool<byte>.Shared.Rent(PieceLayout.BlockSize);
        try
        {
            var bytes = rented.AsSpan(0, _layout.BlockBytes(block));
            if (ReadRaw((long)block * PieceLayout.BlockSize, bytes) < bytes.Length || MerkleTree.Leaf(bytes) != leaf)
            {
                return -1;
            }

            var n = Math.Min(to.Length, bytes.Length - within);
            bytes.Slice(within, n).CopyTo(to);
            return n;
        }
        catch (Exception e) when (StorageFault.IsExpected(e))
        {
            return -1;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static SafeFileHandle OpenToRead(string path) =>
        File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.RandomAccess);

    private static int ReadPart(SafeFileHandle file, long offset, Span<byte> to)
    {
        var got = 0;
        while (got < to.Length && RandomAccess.Read(file, to[got..], offset + got) is > 0 and var n)
        {
            got += n;
        }

        return got;
    }

    /// <summary>The last part that starts at or before the offset; torrents have up to some ten thousand.</summary>
    private int PartAt(long offset)
    {
        var (low, high) = (0, _parts.Length - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = _parts[middle].Start <= offset ? (middle, high) : (low, middle - 1);
        }

        return low;
    }
}
