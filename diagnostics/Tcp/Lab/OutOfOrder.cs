using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Swarm.Diagnostics.Tcp.Lab;

/// <summary>Segments that arrive out of order, with gaps that are never filled, into a small locked buffer: the kernel throws them away again.</summary>
/// <remarks>They are made by hand on a raw socket (root); the numbers to continue from are the writer's own, by TCP_REPAIR.</remarks>
internal sealed class OutOfOrder : ILabScenario
{
    private const int TcpLevel = 6;
    private const int Repair = 19;
    private const int RepairQueue = 20;
    private const int QueueSequence = 21;
    private const int RepairOff = -1;
    private const int ReceiveQueue = 1;
    private const int SendQueue = 2;
    private const int LockedBytes = 100_000;
    private const int Segments = 600;
    private const int PayloadBytes = 100;
    private const int StrideBytes = 120;
    private const int HeaderBytes = 20;

    public string Name => "out-of-order";

    public string Description => "600 injected segments with gaps between them into SO_RCVBUF of 100 KB, over and over";

    public IReadOnlyList<long> RmemMaxima => [6_291_456];

    public LabConnection Connect() => new(LockedBytes);

    public void Drive(LabConnection connection, CancellationToken stop)
    {
        var writer = connection.Writer;
        Set(writer, Repair, 1);
        Set(writer, RepairQueue, SendQueue);
        var sequence = Get(writer, QueueSequence);
        Set(writer, RepairQueue, ReceiveQueue);
        var acknowledged = Get(writer, QueueSequence);
        Set(writer, Repair, RepairOff);

        using var raw = new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Tcp);
        var from = (IPEndPoint)writer.LocalEndPoint!;
        var to = (IPEndPoint)writer.RemoteEndPoint!;
        var random = new Random(1);
        var order = Enumerable.Range(0, Segments).ToArray();
        var segment = new byte[HeaderBytes + PayloadBytes];
        while (!stop.IsCancellationRequested)
        {
            random.Shuffle(order);
            foreach (var i in order)
            {
                Fill(segment, from.Port, to.Port, sequence + 1000 + (uint)(i * StrideBytes), acknowledged);
                raw.SendTo(segment, new IPEndPoint(to.Address, 0));
            }

            stop.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(100));
        }
    }

    // RFC 9293 §3.1, with the checksum over the pseudo-header of 127.0.0.1 on both sides.
    private static void Fill(Span<byte> segment, int from, int to, uint sequence, uint acknowledged)
    {
        segment.Clear();
        BinaryPrimitives.WriteUInt16BigEndian(segment, (ushort)from);
        BinaryPrimitives.WriteUInt16BigEndian(segment[2..], (ushort)to);
        BinaryPrimitives.WriteUInt32BigEndian(segment[4..], sequence);
        BinaryPrimitives.WriteUInt32BigEndian(segment[8..], acknowledged);
        segment[12] = 5 << 4;
        segment[13] = 0x10;
        BinaryPrimitives.WriteUInt16BigEndian(segment[14..], 64000);
        var sum = (0x7F00u + 0x0001) * 2 + 6 + (uint)segment.Length;
        for (var i = 0; i < segment.Length; i += 2)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(segment[i..]);
        }

        while (sum > ushort.MaxValue)
        {
            sum = (sum & ushort.MaxValue) + (sum >> 16);
        }

        BinaryPrimitives.WriteUInt16BigEndian(segment[16..], (ushort)~sum);
    }

    private static void Set(Socket socket, int option, int value) => socket.SetRawSocketOption(TcpLevel, option, BitConverter.GetBytes(value));

    private static uint Get(Socket socket, int option)
    {
        Span<byte> value = stackalloc byte[4];
        socket.GetRawSocketOption(TcpLevel, option, value);
        return BitConverter.ToUInt32(value);
    }
}
