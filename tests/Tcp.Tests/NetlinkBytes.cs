using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Swarm.Diagnostics.Tcp.Tests;

/// <summary>Builds answers of NETLINK_SOCK_DIAG byte by byte, as the kernel lays them out.</summary>
internal sealed class NetlinkBytes
{
    private readonly List<byte> _bytes = [];

    public byte[] ToArray() => [.. _bytes];

    public NetlinkBytes Done(uint sequence, int errno = 0) => Message(3, sequence, BitConverter.GetBytes(-errno));

    public NetlinkBytes Error(uint sequence, int errno) => Message(2, sequence, [.. BitConverter.GetBytes(-errno), .. new byte[16]]);

    public NetlinkBytes Socket(uint sequence, byte state, ushort port, uint payload, params byte[][] attributes)
    {
        var body = new byte[72];
        body[0] = 2;
        body[1] = state;
        BinaryPrimitives.WriteUInt16BigEndian(body.AsSpan(4), port);
        BinaryPrimitives.WriteUInt16BigEndian(body.AsSpan(6), 40000);
        new byte[] { 127, 0, 0, 1 }.CopyTo(body, 8);
        new byte[] { 10, 1, 2, 3 }.CopyTo(body, 24);
        Put(body, 44, 0x11u);
        Put(body, 48, 0x22u);
        Put(body, 56, payload);
        Put(body, 64, 1000u);
        Put(body, 68, 4242u);
        return Message(20, sequence, [.. body, .. attributes.SelectMany(a => a)]);
    }

    public static byte[] Attribute(ushort type, byte[] value)
    {
        var bytes = new byte[(4 + value.Length + 3) & ~3];
        Put(bytes, 0, (ushort)(4 + value.Length));
        Put(bytes, 2, type);
        value.CopyTo(bytes, 4);
        return bytes;
    }

    public static byte[] Memory(uint rmemAlloc, uint rcvbuf)
    {
        var value = new byte[36];
        Put(value, 0, rmemAlloc);
        Put(value, 4, rcvbuf);
        Put(value, 28, 77u);
        Put(value, 32, 3u);
        return Attribute(7, value);
    }

    /// <param name="length">How much of tcp_info this kernel knows.</param>
    public static byte[] Info(int length)
    {
        var value = new byte[300];
        Put(value, 20, 1448u);
        Put(value, 52, 250u);
        Put(value, 64, 64088u);
        Put(value, 92, 9000u);
        Put(value, 96, 14480u);
        Put(value, 128, 5_000_000_000ul);
        Put(value, 140, 101u);
        Put(value, 152, 99u);
        Put(value, 224, 5u);
        Put(value, 232, 65536u);
        return Attribute(2, value[..length]);
    }

    private NetlinkBytes Message(ushort type, uint sequence, byte[] body)
    {
        var header = new byte[16];
        Put(header, 0, (uint)(16 + body.Length));
        Put(header, 4, type);
        Put(header, 6, (ushort)2);
        Put(header, 8, sequence);
        _bytes.AddRange(header);
        _bytes.AddRange(body);
        _bytes.AddRange(new byte[-body.Length & 3]);
        return this;
    }

    private static void Put<T>(byte[] bytes, int at, T value)
        where T : struct => MemoryMarshal.Write(bytes.AsSpan(at), value);
}
