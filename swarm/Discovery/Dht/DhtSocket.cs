using System.Net;
using System.Net.Sockets;
using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>The UDP socket of one family: a loop that receives, and sends that never wait, as a packet lost here is a packet lost anywhere.</summary>
internal sealed class DhtSocket : IDisposable
{
    // Out of memory for buffers or the like: wait rather than spin.
    private static readonly TimeSpan Backoff = TimeSpan.FromMilliseconds(250);

    private readonly Socket _socket;

    private DhtSocket(Socket socket) => (_socket, LocalEndPoint) = (socket, (IPEndPoint)socket.LocalEndPoint!);

    public IPEndPoint LocalEndPoint { get; }

    public bool IsIPv6 => _socket.AddressFamily == AddressFamily.InterNetworkV6;

    /// <summary>Null if the machine lacks the family. A port that is taken is replaced by any.</summary>
    public static DhtSocket? TryBind(IPAddress address, int port)
    {
        foreach (var wanted in new[] { port, 0 })
        {
            Socket? socket = null;
            try
            {
                socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { Blocking = false };
                if (address.AddressFamily == AddressFamily.InterNetworkV6)
                {
                    socket.DualMode = false;
                }

                socket.Bind(new IPEndPoint(address, wanted));
                return new(socket);
            }
            catch (SocketException)
            {
                socket?.Dispose();
            }
        }

        return null;
    }

    /// <summary>Until it is disposed or cancelled.</summary>
    public async Task ReceiveAsync(Action<PeerEndpoint, ReadOnlyMemory<byte>> onDatagram, CancellationToken stop)
    {
        // One more than allowed, to see that a datagram was longer.
        var buffer = new byte[Bep05Krpc.MaxDatagramBytes + 1];
        var from = new SocketAddress(_socket.AddressFamily);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var count = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, from, stop).ConfigureAwait(false);
                onDatagram(Read(from), buffer.AsMemory(0, count));
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.MessageSize or SocketError.ConnectionReset or SocketError.ConnectionRefused)
            {
                // Too long, or the echo of a packet of ours that found nobody.
            }
            catch (SocketException)
            {
                await Task.Delay(Backoff, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    public void Send(DhtDatagram datagram)
    {
        try
        {
            _socket.SendTo(datagram.Bytes, SocketFlags.None, datagram.To.ToEndPoint());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // No way there, or no room: lost.
        }
    }

    public void Dispose() => _socket.Dispose();

    // sockaddr_in and sockaddr_in6 lie alike on all systems from the port on.
    private PeerEndpoint Read(SocketAddress from)
    {
        var bytes = from.Buffer.Span;
        var port = (ushort)((bytes[2] << 8) | bytes[3]);
        return IsIPv6 ? PeerEndpoint.FromBytes(bytes.Slice(8, 16), port) : PeerEndpoint.FromBytes(bytes.Slice(4, 4), port);
    }
}
