using Swarm.Engine;

namespace Swarm.Proxy.Library;

/// <summary>One torrent of the library, its record, and the long work that goes on with it.</summary>
/// <remarks>Under the library's lock, but for <see cref="Work"/>'s own progress.</remarks>
internal sealed class LibraryEntry(TorrentRecord torrent, LibraryRecord record, bool isKept)
{
    private long _workedBytes;

    public TorrentRecord Torrent => torrent;

    public LibraryRecord Record { get; set; } = record;

    /// <summary>Whether it survives a restart.</summary>
    public bool IsKept { get; set; } = isKept;

    /// <summary>Ends what goes on with it; null while nothing does.</summary>
    public CancellationTokenSource? Work { get; set; }

    /// <summary>How the last work ended, as one sentence.</summary>
    public string? Note { get; set; }

    /// <summary>Bytes hashed so far by the work that goes on.</summary>
    public long WorkedBytes
    {
        get => Volatile.Read(ref _workedBytes);
        set => Volatile.Write(ref _workedBytes, value);
    }
}
