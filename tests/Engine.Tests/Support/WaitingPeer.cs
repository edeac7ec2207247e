using System.Net;
using System.Net.Sockets;
using Swarm.Protocol;

namespace Swarm.Engine.Tests;

/// <summary>A peer that waits to be dialled.</summary>
internal sealed class WaitingPeer : IDisposable
{
    private readonly Socket _socket;

    public WaitingPeer(IPAddress? address = null)
    {
        address ??= IPAddress.Loopback;
        _socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _socket.Bind(new IPEndPoint(address, 0));
        _socket.Listen();
    }

    public IPEndPoint EndPoint => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>Somebody dials it who was not answered.</summary>
    public bool IsCalled => _socket.Poll(0, SelectMode.SelectRead);

    public async Task<Socket> AnswerAsync(WireHash hash, PeerId id)
    {
        var socket = await _socket.AcceptAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(60));
        await PeerRig.ReadHandshakeAsync(socket);
        await PeerRig.SendAsync(socket, to => new Handshake(RawLeech.Modern, hash, id).Write(to));
        return socket;
    }

    public void Dispose() => _socket.Dispose();
}
