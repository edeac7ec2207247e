using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp;

/// <summary>Reads what the kernel answers to a dump of sockets: netlink messages, each an inet_diag_msg and attributes.</summary>
/// <remarks>
/// Lengths are believed before structures: the kernel's tcp_info is longer than any header says and grows with every release, and an
/// attribute of unknown number is passed over. A message or an attribute that claims more bytes than there are ends the reading.
/// </remarks>
internal static class InetDiagReader
{
    public const int Info = 2;
    public const int SkMemInfo = 7;
    public const int CgroupId = 21;

    private const int HeaderBytes = 16;
    private const int MessageBytes = 72;
    private const ushort Error = 2;
    private const ushort DumpDone = 3;
    private const ushort SockDiagByFamily = 20;
    private const byte InterNetworkV6 = 10;

    /// <summary>Reads one datagram; samples of whole messages go to <paramref name="into"/>.</summary>
    /// <param name="sequence">Messages that answer an earlier request are passed over.</param>
    public static DumpStep Read(ReadOnlySpan<byte> datagram, uint sequence, long atMicros, SampleBuffer into)
    {
        while (datagram.Length > 0)
        {
            if (datagram.Length < HeaderBytes)
            {
                return DumpStep.Cut;
            }

            var length = MemoryMarshal.Read<uint>(datagram);
            var type = MemoryMarshal.Read<ushort>(datagram[4..]);
            if (length < HeaderBytes || length > (uint)datagram.Length)
            {
                return DumpStep.Cut;
            }

            var body = datagram[HeaderBytes..(int)length];
            if (MemoryMarshal.Read<uint>(datagram[8..]) == sequence)
            {
                if (type is DumpDone or Error)
                {
                    var errno = body.Length >= 4 ? -MemoryMarshal.Read<int>(body) : 0;
                    return new DumpStep(DumpState.Done, type == Error || errno > 0 ? errno : 0);
                }

                if (type == SockDiagByFamily && body.Length >= MessageBytes)
                {
                    ReadSocket(body, atMicros, into);
                }
            }

            // Messages begin at multiples of four; the last one may lack its padding.
            datagram = datagram[(int)Math.Min((length + 3) & ~3u, (uint)datagram.Length)..];
        }

        return DumpStep.More;
    }

    private static void ReadSocket(ReadOnlySpan<byte> m, long atMicros, SampleBuffer into)
    {
        var v6 = m[0] == InterNetworkV6;
        var sample = new SocketSample
        {
            AtMicros = atMicros,
            Tier = Tier.Sampled,
            State = (TcpState)m[1],
            Local = End(m[8..24], v6, BinaryPrimitives.ReadUInt16BigEndian(m[4..])),
            Remote = End(m[24..40], v6, BinaryPrimitives.ReadUInt16BigEndian(m[6..])),
            Cookie = U32(m, 44) | ((ulong)U32(m, 48) << 32),
            PayloadBytes = U32(m, 56),
            UserId = U32(m, 64),
            Inode = U32(m, 68),
        };
        for (var attributes = m[MessageBytes..]; attributes.Length >= 4;)
        {
            var length = MemoryMarshal.Read<ushort>(attributes);
            if (length < 4 || length > attributes.Length)
            {
                break;
            }

            var value = attributes[4..length];
            switch (MemoryMarshal.Read<ushort>(attributes[2..]))
            {
                case SkMemInfo:
                    ReadMemory(value, ref sample);
                    break;
                case Info:
                    ReadInfo(value, ref sample);
                    break;
                case CgroupId when value.Length >= 8:
                    sample.CgroupId = MemoryMarshal.Read<ulong>(value);
                    sample.Fields |= SocketFields.Cgroup;
                    break;
                default:
                    break;
            }

            attributes = attributes[Math.Min((length + 3) & ~3, attributes.Length)..];
        }

        Fin.Uncount(ref sample);
        into.Add(sample);
    }

    // linux/sock_diag.h: SK_MEMINFO_RMEM_ALLOC, RCVBUF, WMEM_ALLOC, SNDBUF, FWD_ALLOC, WMEM_QUEUED, OPTMEM, BACKLOG, DROPS.
    private static void ReadMemory(ReadOnlySpan<byte> value, ref SocketSample sample)
    {
        if (value.Length < 8)
        {
            return;
        }

        sample.RmemAllocBytes = U32(value, 0);
        sample.RcvbufBytes = U32(value, 4);
        sample.BacklogBytes = value.Length >= 32 ? U32(value, 28) : 0;
        sample.Drops = value.Length >= 36 ? U32(value, 32) : 0;
        sample.Fields |= SocketFields.Memory;
    }

    // linux/tcp.h, struct tcp_info, by offset; times in it are ms except rtt and rcv_rtt (µs).
    private static void ReadInfo(ReadOnlySpan<byte> value, ref SocketSample sample)
    {
        if (value.Length >= 100)
        {
            sample.RcvMssBytes = U32(value, 20);
            sample.SinceDataMicros = U32(value, 52) * 1000L;
            sample.RcvSsthreshBytes = U32(value, 64);
            sample.RcvRttMicros = U32(value, 92);
            sample.RcvSpaceBytes = U32(value, 96);
            sample.Fields |= SocketFields.Info;
        }

        if (value.Length >= 136)
        {
            sample.BytesReceived = MemoryMarshal.Read<ulong>(value[128..]);
            sample.Fields |= SocketFields.BytesReceived;
        }

        if (value.Length >= 156)
        {
            sample.SegmentsIn = U32(value, 140);
            sample.DataSegmentsIn = U32(value, 152);
            sample.Fields |= SocketFields.Segments;
        }

        if (value.Length >= 208)
        {
            sample.BytesAcked = MemoryMarshal.Read<ulong>(value[120..]);
            sample.BytesSent = MemoryMarshal.Read<ulong>(value[200..]);
            sample.Fields |= SocketFields.Sent;
        }

        if (value.Length >= 228)
        {
            sample.OutOfOrderSegments = U32(value, 224);
            sample.Fields |= SocketFields.OutOfOrder;
        }

        if (value.Length >= 236)
        {
            sample.RcvWndBytes = U32(value, 232);
            sample.Fields |= SocketFields.Window;
        }
    }

    private static SocketEnd End(ReadOnlySpan<byte> address, bool v6, int port) => v6
        ? new SocketEnd(BinaryPrimitives.ReadUInt128BigEndian(address), true, port)
        : new SocketEnd(BinaryPrimitives.ReadUInt32BigEndian(address), false, port);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => MemoryMarshal.Read<uint>(bytes[at..]);
}
