namespace Swarm.Discovery;

/// <summary>A way to find peers of one torrent, under way until disposed.</summary>
public interface IPeerFinder : IAsyncDisposable
{
    /// <summary>The download is complete: whoever keeps books of seeds is told, once.</summary>
    void Completed();
}
