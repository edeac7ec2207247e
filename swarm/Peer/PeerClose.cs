using System.Net.Sockets;
using Swarm.Protocol;

namespace Swarm.Peer;

/// <summary>Why a connection ended, by who ended it.</summary>
public enum PeerCloseKind : byte
{
    None = 0,

    /// <summary>This node no longer wants it.</summary>
    Unwanted,

    /// <summary>A block of this peer failed its hash.</summary>
    Banned,

    /// <summary>The peer ended it.</summary>
    RemoteClosed,

    /// <summary>The transport failed: <see cref="PeerClose.Socket"/>.</summary>
    Transport,

    /// <summary>No whole handshake in time.</summary>
    HandshakeTimeout,

    /// <summary>Not even a keep-alive for twice its interval.</summary>
    Inactive,

    /// <summary>The first bytes were no BitTorrent handshake.</summary>
    NotBitTorrent,

    /// <summary>The peer answered for another torrent, or asked for one nobody here knows.</summary>
    WrongInfoHash,

    /// <summary>The peer is this node.</summary>
    SelfConnection,

    /// <summary>The peer broke the protocol: <see cref="PeerClose.Wire"/>.</summary>
    Protocol,

    /// <summary>Too many messages that answer nothing we asked.</summary>
    TooManyInvalid,

    /// <summary>The peer takes no bytes while it makes us write.</summary>
    SendBacklog,

    /// <summary>This very peer has another connection for the torrent.</summary>
    Duplicate,

    /// <summary>It names peers far more often than once a minute (BEP 11).</summary>
    ExchangeFlood,

    /// <summary>A callback of ours threw: a bug here, not the peer's fault.</summary>
    SinkFailed,
}

/// <summary>Why a connection ended, as a value.</summary>
public readonly record struct PeerClose(PeerCloseKind Kind, WireError Wire = default, SocketError Socket = SocketError.Success)
{
    /// <summary>True if the peer did something that no correct peer does.</summary>
    public bool IsPeersFault => Kind is PeerCloseKind.NotBitTorrent or PeerCloseKind.Protocol or PeerCloseKind.TooManyInvalid or PeerCloseKind.SendBacklog or PeerCloseKind.ExchangeFlood or PeerCloseKind.Banned;

    /// <summary>The one place that translates socket errors of peers.</summary>
    public static PeerClose Of(SocketError error) => error switch
    {
        SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown => new(PeerCloseKind.RemoteClosed, Socket: error),
        _ => new(PeerCloseKind.Transport, Socket: error),
    };

    public override string ToString() => Kind switch
    {
        PeerCloseKind.None => "open",
        PeerCloseKind.Unwanted => "no longer wanted",
        PeerCloseKind.Banned => "sent a block that failed its hash",
        PeerCloseKind.RemoteClosed => Socket == SocketError.Success ? "closed by the peer" : $"closed by the peer ({Socket})",
        PeerCloseKind.Transport => $"transport failed: {Socket}",
        PeerCloseKind.HandshakeTimeout => "no handshake in time",
        PeerCloseKind.Inactive => "silent for too long",
        PeerCloseKind.NotBitTorrent => "not a BitTorrent peer",
        PeerCloseKind.WrongInfoHash => "another torrent",
        PeerCloseKind.SelfConnection => "connected to itself",
        PeerCloseKind.Protocol => $"protocol error: {Wire}",
        PeerCloseKind.TooManyInvalid => "too many messages that nobody asked for",
        PeerCloseKind.SendBacklog => "does not read what it asks for",
        PeerCloseKind.Duplicate => "is connected already",
        PeerCloseKind.ExchangeFlood => "names peers too often",
        PeerCloseKind.SinkFailed => "failed here while handling a message",
        _ => Kind.ToString(),
    };
}
