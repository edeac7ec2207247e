using System.Net;
using System.Security.Cryptography;
using Swarm.Protocol;

namespace Swarm.Peer;

/// <summary>What all connections of a node share: its name, its clock and its patience.</summary>
public sealed record PeerSettings
{
    /// <summary>BEP 10 <c>v</c>.</summary>
    public const string Client = "Swarm/0.1";

    /// <summary>BEP 10 <c>reqq</c>: requests of one peer that are kept. libtorrent sends 500 at most: 8 MiB, 100 ms at 80 MB/s.</summary>
    public const int ServedRequests = 500;

    /// <summary>This node's id: a peer that answers with it is this node itself.</summary>
    public PeerId PeerId { get; init; } = NewPeerId();

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The port peers may dial, told in the extension handshake of dialled connections; 0 tells none.</summary>
    public int ListenPort { get; set; }

    /// <summary>Where this node's DHT listens, told to peers that have one; 0 tells none.</summary>
    public int DhtPort { get; set; }

    /// <summary>Told where a peer says that its DHT node is. Called on any thread, must not block.</summary>
    public Action<IPEndPoint>? DhtNodeHeard { get; set; }

    /// <summary>libtorrent's handshake_timeout is 10 s too.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>BEP 3: keep-alives go about every two minutes; the tick of a connection adds up to 5 s.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(110);

    /// <summary>Twice the keep-alive interval of BEP 3.</summary>
    public TimeSpan InactivityTimeout { get; init; } = TimeSpan.FromSeconds(240);

    /// <summary>A peer that does not take one batch of blocks, 256 KiB at most, within this long is closed: slower than 4 KiB/s it holds memory and an upload slot for nothing.</summary>
    public TimeSpan SendTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Messages that are well-formed but answer nothing we asked, before the peer is closed. libtorrent allows 300; a peer
    /// whose blocks cross our bookkeeping after a choke needs a few.
    /// </summary>
    public int MaxInvalidMessages { get; init; } = 64;

    public static PeerId NewPeerId()
    {
        Span<byte> random = stackalloc byte[PeerId.RandomBytes];
        RandomNumberGenerator.Fill(random);
        return PeerId.Own(random);
    }
}
