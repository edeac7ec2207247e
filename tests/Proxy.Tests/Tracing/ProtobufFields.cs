using System.Buffers.Binary;
using System.Text;

namespace Swarm.Proxy.Tests.Tracing;

/// <summary>A protobuf message read field by field, by number, as its encoding has it; enough to see what an exporter sent.</summary>
internal readonly struct ProtobufFields(ReadOnlyMemory<byte> message)
{
    private enum WireType
    {
        Varint = 0,
        Fixed64 = 1,
        Bytes = 2,
        Fixed32 = 5,
    }

    /// <summary>The length-delimited fields of a number: messages, strings, bytes.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Of(int number) => All().Where(f => f.Number == number && f.Type == WireType.Bytes).Select(f => f.Value);

    public IEnumerable<ProtobufFields> Messages(int number) => Of(number).Select(m => new ProtobufFields(m));

    public string Text(int number) => Encoding.UTF8.GetString(Of(number).FirstOrDefault().Span);

    public string Hex(int number) => Convert.ToHexStringLower(Of(number).FirstOrDefault().Span);

    private IEnumerable<(int Number, WireType Type, ReadOnlyMemory<byte> Value)> All()
    {
        var at = 0;
        while (at < message.Length)
        {
            var tag = Varint(ref at);
            var type = (WireType)(tag & 7);
            var length = type switch
            {
                WireType.Varint => 0,
                WireType.Fixed64 => sizeof(ulong),
                WireType.Fixed32 => sizeof(uint),
                WireType.Bytes => (int)Varint(ref at),
                _ => throw new InvalidDataException($"wire type {type}"),
            };
            if (type == WireType.Varint)
            {
                var value = new byte[sizeof(ulong)];
                BinaryPrimitives.WriteUInt64LittleEndian(value, Varint(ref at));
                yield return ((int)(tag >> 3), type, value);
                continue;
            }

            yield return ((int)(tag >> 3), type, message.Slice(at, length));
            at += length;
        }
    }

    private ulong Varint(ref int at)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var b = message.Span[at++];
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }
    }
}
