using System.Net;

namespace Swarm.Lab.Harness;

/// <summary>A stock client with one torrent, asked by the interface it has for users.</summary>
public interface IStockPeer : IAsyncDisposable
{
    IPEndPoint Endpoint { get; }

    /// <summary>What it counts itself.</summary>
    Task<PeerCounters> CountersAsync(CancellationToken stop);
}
