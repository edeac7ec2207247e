using System.Collections.Concurrent;
using Swarm.Proxy.Seeding;

namespace Swarm.Proxy.Tests.Seeding;

/// <summary>Keeps what was told of a site, in order.</summary>
internal sealed class RecordingReport : ISiteReport
{
    private readonly ConcurrentQueue<string> _events = new();
    private long _hashedBytes;

    public ConcurrentDictionary<string, SiteFile> Files { get; } = new();

    public ConcurrentQueue<string> Sentences { get; } = new();

    /// <summary><c>+path</c>, <c>-path</c> and <c>=count</c> for published, retired and settled.</summary>
    public string[] Events => [.. _events];

    public long HashedBytes => Volatile.Read(ref _hashedBytes);

    public void Published(SiteFile file)
    {
        Files[file.Path] = file;
        _events.Enqueue("+" + file.Path);
    }

    public void Retired(string path, string why) => _events.Enqueue("-" + path);

    public void Said(string sentence) => Sentences.Enqueue(sentence);

    public void Hashing(string path, long of, int bytes) => Interlocked.Add(ref _hashedBytes, bytes);

    public void Settled(int files, long bytes) => _events.Enqueue($"={files}");
}
