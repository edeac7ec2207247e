using Swarm.Discovery;

namespace Swarm.Engine;

/// <summary>Every way to find peers of one torrent, as one.</summary>
internal sealed class PeerFinders : IPeerFinder
{
    private readonly IPeerFinder[] _finders;

    private PeerFinders(IPeerFinder[] finders) => _finders = finders;

    /// <summary>Starts each way that takes this torrent; null if none does.</summary>
    public static IPeerFinder? Start(PeerSearch search, IEnumerable<StartPeerFinder> ways)
    {
        var started = ways.Select(start => start(search)).OfType<IPeerFinder>().ToArray();
        return started.Length == 0 ? null : new PeerFinders(started);
    }

    public void Completed()
    {
        foreach (var finder in _finders)
        {
            finder.Completed();
        }
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_finders.Select(finder => finder.DisposeAsync().AsTask())).ConfigureAwait(false);
}
