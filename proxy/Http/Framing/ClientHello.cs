using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Swarm.Http;

/// <summary>
/// The first message of a TLS client (RFC 8446 §4.1.2), as far as it tells which host is wanted.
/// <code>
/// record      type=22 | version:2 | length:2 | fragment …            RFC 8446 §5.1; a message may run over several records
/// handshake   type=1 | length:3 | version:2 | random:32 | session id&lt;1&gt; | cipher suites&lt;2&gt; | compression&lt;1&gt; | extensions&lt;2&gt;
/// extension   type:2 | length:2 | …        server_name is 0:  list&lt;2&gt; of  type=0 | name&lt;2&gt;   RFC 6066 §3
/// </code>
/// </summary>
/// <param name="ServerName">As the client wrote it, any octets as Latin-1; null where it named none.</param>
public readonly record struct ClientHello(string? ServerName)
{
    /// <summary>Clients send up to some 2 KiB; with post-quantum keys and tickets a few more.</summary>
    public const int BytesMax = 16 * 1024;

    private const byte HandshakeRecord = 22;
    private const byte ClientHelloMessage = 1;
    private const int RecordHeaderBytes = 5;
    private const int MessageHeaderBytes = 4;
    private const int VersionAndRandomBytes = 34;

    /// <summary>Complete with the message, NeedMore while it has not all come, Faulty for anything else than a ClientHello of at most 16 KiB.</summary>
    public static OperationStatus TryRead(in ReadOnlySequence<byte> buffer, out ClientHello hello)
    {
        hello = default;
        var bytes = ArrayPool<byte>.Shared.Rent(BytesMax);
        try
        {
            var have = (int)Math.Min(buffer.Length, BytesMax);
            buffer.Slice(0, have).CopyTo(bytes);
            return Read(bytes.AsSpan(0, have), out hello);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private static OperationStatus Read(Span<byte> bytes, out ClientHello hello)
    {
        hello = default;
        var message = 0; // the fragments, moved together at the front
        var isCut = false;
        for (var at = 0; ;)
        {
            if (message > 0 && bytes[0] != ClientHelloMessage)
            {
                return OperationStatus.InvalidData;
            }

            if (message >= MessageHeaderBytes)
            {
                var length = (bytes[1] << 16) | (bytes[2] << 8) | bytes[3];
                if (length > BytesMax - MessageHeaderBytes)
                {
                    return OperationStatus.InvalidData;
                }

                if (message - MessageHeaderBytes >= length)
                {
                    return Parse(bytes.Slice(MessageHeaderBytes, length), out hello) ? OperationStatus.Done : OperationStatus.InvalidData;
                }
            }

            if (isCut)
            {
                return More(bytes);
            }

            if (bytes.Length > at && bytes[at] != HandshakeRecord)
            {
                return OperationStatus.InvalidData;
            }

            if (bytes.Length - at < RecordHeaderBytes)
            {
                return More(bytes);
            }

            var fragment = BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 3)..]);
            at += RecordHeaderBytes;
            if (fragment == 0)
            {
                return OperationStatus.InvalidData; // RFC 8446 §5.1: no empty fragments of handshakes
            }

            var here = Math.Min(fragment, bytes.Length - at);
            bytes.Slice(at, here).CopyTo(bytes[message..]);
            message += here;
            at += here;
            isCut = here < fragment;
        }
    }

    private static OperationStatus More(ReadOnlySpan<byte> bytes) => bytes.Length >= BytesMax ? OperationStatus.InvalidData : OperationStatus.NeedMoreData;

    private static bool Parse(ReadOnlySpan<byte> message, out ClientHello hello)
    {
        hello = default;
        if (message.Length < VersionAndRandomBytes)
        {
            return false;
        }

        var rest = message[VersionAndRandomBytes..];
        if (!Take(ref rest, 1, out _) || !Take(ref rest, 2, out _) || !Take(ref rest, 1, out _))
        {
            return false;
        }

        if (rest.IsEmpty)
        {
            return true; // TLS 1.2 without extensions (RFC 5246 §7.4.1.2)
        }

        if (!Take(ref rest, 2, out var extensions) || !rest.IsEmpty)
        {
            return false;
        }

        while (!extensions.IsEmpty)
        {
            if (extensions.Length < 2)
            {
                return false;
            }

            var type = BinaryPrimitives.ReadUInt16BigEndian(extensions);
            extensions = extensions[2..];
            if (!Take(ref extensions, 2, out var content))
            {
                return false;
            }

            if (type == 0)
            {
                return TryReadName(content, out hello);
            }
        }

        return true;
    }

    private static bool TryReadName(ReadOnlySpan<byte> extension, out ClientHello hello)
    {
        hello = default;
        if (!Take(ref extension, 2, out var list) || !extension.IsEmpty || list.IsEmpty || list[0] != 0)
        {
            return false;
        }

        list = list[1..];
        if (!Take(ref list, 2, out var name) || name.IsEmpty)
        {
            return false;
        }

        hello = new(Encoding.Latin1.GetString(name));
        return true;
    }

    /// <summary>A vector with its length in front, in <paramref name="lengthBytes"/> octets.</summary>
    private static bool Take(ref ReadOnlySpan<byte> from, int lengthBytes, out ReadOnlySpan<byte> vector)
    {
        vector = default;
        if (from.Length < lengthBytes)
        {
            return false;
        }

        var length = lengthBytes == 1 ? from[0] : BinaryPrimitives.ReadUInt16BigEndian(from);
        if (from.Length - lengthBytes < length)
        {
            return false;
        }

        vector = from.Slice(lengthBytes, length);
        from = from[(lengthBytes + length)..];
        return true;
    }
}
