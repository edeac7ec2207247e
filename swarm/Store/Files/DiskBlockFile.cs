using Microsoft.Win32.SafeHandles;

namespace Swarm.Store;

/// <summary>A data file on the disk, by <see cref="RandomAccess"/> and a handle.</summary>
internal sealed class DiskBlockFile : IBlockFile
{
    private readonly SafeFileHandle _handle;

    public DiskBlockFile(string path) =>
        _handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    public long Length => RandomAccess.GetLength(_handle);

    public long Stamp => File.GetLastWriteTimeUtc(_handle).Ticks;

    public int Read(Span<byte> to, long offset) => RandomAccess.Read(_handle, to, offset);

    public void Write(ReadOnlySpan<byte> from, long offset) => RandomAccess.Write(_handle, from, offset);

    public void Sync() => RandomAccess.FlushToDisk(_handle);

    public bool TryPunch(long offset, long length) => PunchHole.TryMake(_handle, offset, length);

    public void SetLength(long length) => RandomAccess.SetLength(_handle, length);

    public void Dispose() => _handle.Dispose();
}
