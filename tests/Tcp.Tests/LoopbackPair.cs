using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp.Tests;

/// <summary>A connection of the test's own, both ends in this process.</summary>
internal sealed class LoopbackPair : IDisposable
{
    private const int SocketLevel = 1;
    private const int MemInfo = 55;

    public LoopbackPair(bool v6 = false)
    {
        var any = v6 ? IPAddress.IPv6Loopback : IPAddress.Loopback;
        using var listener = new Socket(any.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(any, 0));
        listener.Listen(1);
        Writer = new Socket(any.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Writer.Connect(listener.LocalEndPoint!);
        Reader = listener.Accept();
    }

    public Socket Writer { get; }

    public Socket Reader { get; }

    public int ReaderPort => ((IPEndPoint)Reader.LocalEndPoint!).Port;

    public int WriterPort => ((IPEndPoint)Writer.LocalEndPoint!).Port;

    /// <summary>Writes until the kernel takes no more, which is when the reader's buffer and the writer's own are full.</summary>
    public void Fill()
    {
        Writer.Blocking = false;
        var bytes = new byte[16 * 1024];
        do
        {
            while (true)
            {
                Writer.Send(bytes, SocketFlags.None, out var error);
                if (error != SocketError.Success)
                {
                    break;
                }
            }
        }
        while (Writer.Poll(TimeSpan.FromMilliseconds(300), SelectMode.SelectWrite));
    }

    /// <summary>What SO_MEMINFO says of the reader: rmem_alloc and rcvbuf.</summary>
    public (long RmemAllocBytes, long RcvbufBytes) MemInfoOfReader()
    {
        Span<byte> bytes = stackalloc byte[36];
        Reader.GetRawSocketOption(SocketLevel, MemInfo, bytes);
        return (MemoryMarshal.Read<uint>(bytes), MemoryMarshal.Read<uint>(bytes[4..]));
    }

    public bool IsReaderOf(in SocketSample sample) => sample.Local.Port == ReaderPort && sample.Remote.Port == WriterPort;

    public void Dispose()
    {
        Writer.Dispose();
        Reader.Dispose();
    }
}
