using System.Diagnostics.Metrics;
using Swarm.Core;
using Swarm.Engine.Receipts;

namespace Swarm.Engine.Metrics;

/// <summary>
/// The node's counters. Written from hot paths by one interlocked add, read by scrapes and by the status page alike, so
/// that both say the same. No label carries a URL, a host or a peer.
/// </summary>
public sealed class SwarmMetrics : IDisposable
{
    /// <summary>The meter's name; the exporter subscribes to <c>Swarm.*</c>.</summary>
    public const string DefaultMeterName = "Swarm.Engine";

    private static readonly KeyValuePair<string, object?>[] SourceTags =
        [.. Enum.GetValues<SourceKind>().Select(kind => new KeyValuePair<string, object?>("source", kind.Label()))];

    private readonly Meter _meter;
    private readonly long[] _receivedBytes = new long[SourceTags.Length];
    private long _duplicateBytes;
    private long _rejectedBytes;
    private long _sentToClientBytes;
    private long _sentToPeerBytes;
    private long _stalls;
    private Func<PeerCounts> _peers = static () => PeerCounts.None;

    /// <param name="meterName">Nodes of one process that must not share a scrape take names of their own.</param>
    public SwarmMetrics(string meterName = DefaultMeterName)
    {
        _meter = new Meter(meterName);
        _meter.CreateObservableCounter("swarmstream_received_bytes_total", ReceivedBySource, "By",
            "Payload bytes received, by the kind of source that delivered them.");
        _meter.CreateObservableCounter("swarmstream_duplicate_bytes_total", () => DuplicateBytes, "By",
            "Payload bytes received that the node already had.");
        _meter.CreateObservableCounter("swarmstream_rejected_bytes_total", () => RejectedBytes, "By",
            "Payload bytes thrown away because they failed the tree.");
        _meter.CreateObservableCounter("swarmstream_sent_bytes_total", SentByReceiver, "By",
            "Payload bytes sent, to clients and to peers.");
        _meter.CreateObservableCounter("swarmstream_stalls_total", () => Stalls, null,
            "Times a client waited at the playhead.");
        _meter.CreateObservableGauge("swarmstream_peers", PeersByState, null,
            "Peer connections, by state.");
    }

    public string MeterName => _meter.Name;
    public long DuplicateBytes => Interlocked.Read(ref _duplicateBytes);
    public long RejectedBytes => Interlocked.Read(ref _rejectedBytes);
    public long SentToClientBytes => Interlocked.Read(ref _sentToClientBytes);
    public long SentToPeerBytes => Interlocked.Read(ref _sentToPeerBytes);
    public long Stalls => Interlocked.Read(ref _stalls);
    public PeerCounts Peers => _peers();

    public BytesBySource ReceivedBytes => new(
        Received(SourceKind.Origin), Received(SourceKind.Mirror), Received(SourceKind.WebSeed), Received(SourceKind.Peer), Received(SourceKind.Store));

    public void AddReceived(SourceKind source, long bytes) => Interlocked.Add(ref _receivedBytes[(int)source], bytes);

    public void AddDuplicate(long bytes) => Interlocked.Add(ref _duplicateBytes, bytes);

    public void AddRejected(long bytes) => Interlocked.Add(ref _rejectedBytes, bytes);

    public void AddSentToClient(long bytes) => Interlocked.Add(ref _sentToClientBytes, bytes);

    public void AddSentToPeer(long bytes) => Interlocked.Add(ref _sentToPeerBytes, bytes);

    public void AddStall() => Interlocked.Increment(ref _stalls);

    /// <summary>Whoever holds the peer connections says how many there are; asked at each scrape, from any thread.</summary>
    public void ObservePeers(Func<PeerCounts> peers) => _peers = peers;

    public void Dispose() => _meter.Dispose();

    private long Received(SourceKind source) => Interlocked.Read(ref _receivedBytes[(int)source]);

    /// <summary>Bytes of this node's own store were received earlier: they stand in the status alone.</summary>
    private IEnumerable<Measurement<long>> ReceivedBySource() =>
        SourceTags.Take((int)SourceKind.Store).Select((tag, source) => new Measurement<long>(Received((SourceKind)source), tag));

    private IEnumerable<Measurement<long>> SentByReceiver() =>
        [new(SentToClientBytes, new KeyValuePair<string, object?>("to", "client")), new(SentToPeerBytes, new KeyValuePair<string, object?>("to", "peer"))];

    private IEnumerable<Measurement<long>> PeersByState()
    {
        var peers = Peers;
        return
        [
            new(peers.Connecting, new KeyValuePair<string, object?>("state", "connecting")),
            new(peers.Choked, new KeyValuePair<string, object?>("state", "choked")),
            new(peers.Unchoked, new KeyValuePair<string, object?>("state", "unchoked")),
            new(peers.Banned, new KeyValuePair<string, object?>("state", "banned")),
        ];
    }
}
