using Microsoft.Extensions.Logging;
using Swarm.Discovery;
using Swarm.Protocol;

namespace Swarm.Engine;

/// <summary>Finds peers in the local network (BEP 14). A private torrent is neither called out nor listened for; one that came by https is listened for only, for a call tells everyone in the network who watches it.</summary>
internal sealed partial class LocalPeers : IAsyncDisposable
{
    private readonly LocalDiscovery _discovery;

    public LocalPeers(Func<IReadOnlyList<LsdInterface>> interfaces, Func<int> port, TimeProvider time, ILogger logger, int groupPort = Bep14LocalDiscovery.MulticastPort) =>
        _discovery = new(interfaces, port, time, reason => LogNone(logger, reason), groupPort);

    public IPeerFinder? Start(PeerSearch search) => search.IsPrivate
        ? null
        : _discovery.Search(new(
            [.. new[] { WireHash.V1Of(search.InfoHash), WireHash.V2Of(search.InfoHash) }.OfType<WireHash>()],
            () => !search.HttpsOnly && search.IsActive(),
            peer => search.Found(new(FoundBy.Lsd, [peer]))));

    public ValueTask DisposeAsync() => _discovery.DisposeAsync();

    [LoggerMessage(EventId = 11, Level = LogLevel.Warning, Message = "{Reason}")]
    private static partial void LogNone(ILogger logger, string reason);
}
