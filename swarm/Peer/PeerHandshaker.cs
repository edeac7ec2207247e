using System.Buffers;
using System.Net.Sockets;
using Swarm.Protocol;

namespace Swarm.Peer;

/// <summary>Exchanges the 68 bytes that open a connection. Reads not one byte more, so what follows stays in the socket.</summary>
internal static class PeerHandshaker
{
    public static async ValueTask SendAsync(Socket socket, Handshake handshake, CancellationToken cancel)
    {
        var writer = new ArrayBufferWriter<byte>(Handshake.Size);
        handshake.Write(writer);
        ReadOnlyMemory<byte> rest = writer.WrittenMemory;
        while (!rest.IsEmpty)
        {
            rest = rest[await socket.SendAsync(rest, SocketFlags.None, cancel).ConfigureAwait(false)..];
        }
    }

    /// <summary>Null with a reason if the peer closed or is none of ours; a stranger is known by its first byte.</summary>
    public static async ValueTask<(Handshake? Handshake, PeerClose Reason)> ReceiveAsync(Socket socket, CancellationToken cancel)
    {
        var bytes = new byte[Handshake.Size];
        for (var received = 0; received < bytes.Length;)
        {
            var n = await socket.ReceiveAsync(bytes.AsMemory(received), SocketFlags.None, cancel).ConfigureAwait(false);
            if (n == 0)
            {
                return (null, new(PeerCloseKind.RemoteClosed));
            }

            received += n;
            if (!Handshake.MayBegin(bytes.AsSpan(0, received)))
            {
                return (null, new(PeerCloseKind.NotBitTorrent));
            }
        }

        var reader = new SequenceReader<byte>(new ReadOnlySequence<byte>(bytes));
        return Handshake.TryRead(ref reader, out var handshake) ? (handshake, default) : (null, new(PeerCloseKind.NotBitTorrent));
    }
}
