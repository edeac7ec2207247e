using System.Text.Json.Serialization;
using Swarm.Engine.Metrics;
using Swarm.Engine.Receipts;

namespace Swarm.Proxy.Control;

/// <summary>The body of <c>GET /api/v1/status</c> and of the <c>status</c> event, <c>swarmstream.status/1</c>.</summary>
/// <param name="Proxy">Where the proxy listens, as a URL.</param>
/// <param name="Peer">Where the peer listener listens; null: none.</param>
/// <param name="Share"><c>off</c>, <c>reading</c> or <c>seed</c>: what is true, not what was wished.</param>
/// <param name="SwarmHosts">Hosts whose resources may join swarms; <c>*</c> for all.</param>
/// <param name="ReceivedBytes">Since the start, by kind of source.</param>
public sealed record StatusView(
    string Version,
    string Commit,
    DateTimeOffset Started,
    long UptimeMs,
    string Proxy,
    string Control,
    string? Peer,
    string Share,
    IReadOnlyList<string> SwarmHosts,
    int OpenRequests,
    int Resources,
    int Torrents,
    PeerCounts Peers,
    BytesBySource ReceivedBytes,
    SentBytes SentBytes,
    long DuplicateBytes,
    long RejectedBytes,
    long Stalls,
    StoreView Store,
    IReadOnlyList<string> Notices)
{
    /// <summary>How it stands in the DHT; null where that is switched off.</summary>
    public DhtView? Dht { get; init; }

    /// <summary>Hosts whose https is opened here, <c>*.name</c> for all below one; every other one's is a tunnel.</summary>
    public IReadOnlyList<string> InterceptedHosts { get; init; } = [];

    /// <summary>Hosts of which much passed in tunnels of late, the most first.</summary>
    public IReadOnlyList<TunnelView> Tunnels { get; init; } = [];

    [JsonPropertyOrder(-1)]
    public string Schema { get; init; } = "swarmstream.status/1";
}

/// <summary>Bytes sent since the start, by receiver.</summary>
public sealed record SentBytes(long Client, long Peer);
