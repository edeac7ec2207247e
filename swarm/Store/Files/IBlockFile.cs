namespace Swarm.Store;

/// <summary>One open data file: positioned reads and writes, no cursor.</summary>
/// <remarks>Reads from any thread, beside the one writer. Reading a disposed file throws <see cref="ObjectDisposedException"/>.</remarks>
public interface IBlockFile : IDisposable
{
    /// <summary>Bytes in the file now, asked of the system each time.</summary>
    long Length { get; }

    /// <summary>When the file was last written, in ticks; compared for equality only.</summary>
    long Stamp { get; }

    /// <summary>pread(2): returns 0 at the end of the file.</summary>
    int Read(Span<byte> to, long offset);

    /// <summary>pwrite(2) of all bytes.</summary>
    void Write(ReadOnlySpan<byte> from, long offset);

    /// <summary>fsync(2): returns when what was written is on the disk.</summary>
    void Sync();

    /// <summary>
    /// fallocate(2) with FALLOC_FL_PUNCH_HOLE: the bytes read as zeros and take no room any more; the length stays. False where the
    /// file system cannot.
    /// </summary>
    bool TryPunch(long offset, long length);

    /// <summary>ftruncate(2): a longer length makes a hole, not data.</summary>
    void SetLength(long length);
}
