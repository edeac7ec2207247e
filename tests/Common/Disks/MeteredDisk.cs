using Swarm.Store;

namespace Swarm.Testing;

/// <summary>Real files on a disk that writes as many blocks as the test lets it, and hangs in between.</summary>
internal sealed class MeteredDisk : IFileSystem, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly SemaphoreSlim _let = new(0);
    private int _written;
    private volatile bool _open;

    /// <summary>Blocks written so far.</summary>
    public int Written => Volatile.Read(ref _written);

    /// <summary>Lets so many blocks through.</summary>
    public void Let(int blocks) => _let.Release(blocks);

    /// <summary>From now on nothing hangs.</summary>
    public void LetAll()
    {
        _open = true;
        _let.Release();
    }

    public void Dispose() => _let.Dispose();

    public IBlockFile Open(string path) => new MeteredFile(this, DiskFileSystem.Instance.Open(path));

    public bool Exists(string path) => DiskFileSystem.Instance.Exists(path);

    public void Delete(string path) => DiskFileSystem.Instance.Delete(path);

    public IReadOnlyList<string> List(string folder) => DiskFileSystem.Instance.List(folder);

    public void CreateFolder(string folder) => DiskFileSystem.Instance.CreateFolder(folder);

    private sealed class MeteredFile(MeteredDisk disk, IBlockFile inner) : IBlockFile
    {
        public long Length => inner.Length;

        public long Stamp => inner.Stamp;

        public int Read(Span<byte> to, long offset) => inner.Read(to, offset);

        public void Write(ReadOnlySpan<byte> from, long offset)
        {
            if (!disk._open && !disk._let.Wait(Patience, TestContext.Current.CancellationToken))
            {
                throw new IOException("the test forgot this disk");
            }

            inner.Write(from, offset);
            Interlocked.Increment(ref disk._written);
        }

        public void Sync() => inner.Sync();

        public bool TryPunch(long offset, long length) => inner.TryPunch(offset, length);

        public void SetLength(long length) => inner.SetLength(length);

        public void Dispose() => inner.Dispose();
    }
}
