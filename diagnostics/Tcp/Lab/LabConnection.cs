using System.Net;
using System.Net.Sockets;

namespace Swarm.Diagnostics.Tcp.Lab;

/// <summary>A connection of the lab, both ends in this process. Its sockets belong to the namespace of the thread that makes it.</summary>
public sealed class LabConnection : IDisposable
{
    public LabConnection(int lockedRcvbufBytes = 0)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        if (lockedRcvbufBytes > 0)
        {
            // Before the connection: the window scale is agreed on with the first segment.
            listener.ReceiveBufferSize = lockedRcvbufBytes;
        }

        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        Writer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Writer.Connect(listener.LocalEndPoint!);
        Reader = listener.Accept();
        Reader.Blocking = false;
        Writer.Blocking = false;
    }

    public Socket Writer { get; }

    public Socket Reader { get; }

    public int ReaderPort => ((IPEndPoint)Reader.LocalEndPoint!).Port;

    public long SentBytes { get; private set; }

    public long ReadBytes { get; private set; }

    /// <summary>Sends once; how much the kernel took, 0 when it takes nothing now.</summary>
    /// <param name="bytes">What to send.</param>
    /// <param name="asRecord">A segment of its own: the kernel joins it with no other (MSG_EOR).</param>
    public int Send(ReadOnlySpan<byte> bytes, bool asRecord)
    {
        // Linux knows MSG_EOR as 0x80; the framework has no name for it and passes only what it knows.
        var sent = asRecord ? RawSend.AsRecord(Writer.SafeHandle, bytes) : Writer.Send(bytes, SocketFlags.None, out _);
        SentBytes += Math.Max(0, sent);
        return Math.Max(0, sent);
    }

    public int Read(Span<byte> into)
    {
        var read = Reader.Receive(into, SocketFlags.None, out var error);
        read = error == SocketError.Success ? read : 0;
        ReadBytes += read;
        return read;
    }

    public void Dispose()
    {
        Writer.Dispose();
        Reader.Dispose();
    }
}
