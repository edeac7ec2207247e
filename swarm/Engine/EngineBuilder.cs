using System.Net;
using Microsoft.Extensions.Logging;
using Swarm.Discovery;
using Swarm.Engine.Metrics;
using Swarm.Engine.Targets;
using Swarm.Peer;
using Swarm.Store;

namespace Swarm.Engine;

/// <summary>A running engine, or the sentence why there is none.</summary>
public sealed record BuiltEngine(SwarmEngine? Engine, PeerSettings? PeerSettings, Action<IPEndPoint>? SetListener, string? Problem);

/// <summary>Puts an engine together: store, memory, governor, network.</summary>
public static class EngineBuilder
{
    /// <summary>libtorrent opens 100 half-open connections by default; a streaming client needs its first ten fast, not hundreds.</summary>
    private const int MaxDials = 32;

    /// <param name="tell">Told what the store thinks of its disk; any thread.</param>
    public static BuiltEngine Build(
        EngineOptions options, TargetPolicy targets, SwarmMetrics metrics, TimeProvider time, ILogger logger, Action<StoreHealth> tell)
    {
        PieceStore? store = null;
        if (options.DataDirectory is { } folder
            && !PieceStore.TryOpen(new() { DataDirectory = folder, QuotaBytes = options.QuotaBytes, TimeProvider = time, Notify = tell }, out store, out var error))
        {
            return new(null, null, null, error.Message);
        }

        var peers = new PeerSettings { Time = time };
        var governor = new Governor(options.MemoryBytes, MaxDials, new UploadBudget(options.UpLimitBytesPerSecond, BitConverter.ToUInt64(Guid.NewGuid().ToByteArray())));
        var port = 0;
        var reachablePort = 0;
        var trackers = new TrackerPeers(targets, peers.PeerId, () => Volatile.Read(ref port), time, logger);
        List<StartPeerFinder> ways = [trackers.Start];
        List<IAsyncDisposable> owned = [trackers];
        if (options.Lsd)
        {
            var local = new LocalPeers(LsdInterface.All, () => Volatile.Read(ref reachablePort), time, logger);
            ways.Add(local.Start);
            owned.Add(local);
        }

        var context = new EngineContext(options, time, logger, new SlabPool(options.MemoryBytes), metrics);
        SwarmEngine? engine = null;
        var dht = new DhtPeers(context, () => engine?.ShareMode is null or ShareMode.Off ? 0 : Volatile.Read(ref port));
        ways.Add(dht.Start);
        var network = new EngineNetwork(targets, governor, peers, ways, owned);
        engine = new(context, network, governor, store);
        return new(engine, peers, listener =>
        {
            Volatile.Write(ref port, listener.Port);
            Volatile.Write(ref reachablePort, IPAddress.IsLoopback(listener.Address) ? 0 : listener.Port); // nobody else in the local network can call there
            peers.ListenPort = listener.Port;
            network.Own.Port = (ushort)listener.Port;
        }, null);
    }
}
