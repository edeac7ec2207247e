using System.Buffers;
using Microsoft.Win32.SafeHandles;
using Swarm.Core;

namespace Swarm.Store;

/// <summary>
/// A file the user already has, lent to a content: read, never written. It is the user's to change at any time, so every read
/// hashes the block, and one that no longer has its leaf is gone from here.
/// </summary>
/// <remarks>Any thread. Nothing of it is kept over a restart: who lends a file lends it again, and it is hashed again.</remarks>
public sealed class AdoptedFile : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly PieceLayout _layout;
    private readonly Hash256[] _leaves;
    private readonly ulong[] _has;

    private AdoptedFile(SafeFileHandle file, string path, long length)
    {
        _file = file;
        Path = path;
        _layout = UnitBits.Layout(length);
        _leaves = new Hash256[_layout.BlockCount];
        _has = new ulong[(_layout.BlockCount + UnitRow.Blocks - 1) / UnitRow.Blocks];
    }

    public string Path { get; }

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
    public static AdoptedFile Open(string path, long length) =>
        new(File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.RandomAccess), path, length);

    /// <summary>The file's bytes as they are, for whoever judges them.</summary>
    /// <returns>Bytes read: fewer than asked for where the file ends.</returns>
    public int ReadRaw(long offset, Span<byte> to)
    {
        var got = 0;
        while (got < to.Length && RandomAccess.Read(_file, to[got..], offset + got) is > 0 and var n)
        {
            got += n;
        }

        return got;
    }

    public void Dispose() => _file.Dispose();

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
        leaf = Has(block) ? _leaves[block] : default;
        return Has(block);
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
}
