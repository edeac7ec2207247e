using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Swarm.Http.Tests;

/// <summary>RFC 9112 §2–§7, §9.3: what an origin sends is read in one way or not at all.</summary>
public sealed class FramingTests
{
    public static TheoryData<string, string, string> Heads => GoldenTable.Rows("response-framing.txt");

    public static TheoryData<string, string, string> Chunks => GoldenTable.Rows("chunked.txt");

    [Theory]
    [MemberData(nameof(Heads))]
    public void ResponseHead_Golden(string name, string input, string expected)
    {
        Assert.NotEmpty(name);
        var (method, text) = Split(input);
        Assert.Equal(expected, Read(method, Bytes(text)));
    }

    [Theory]
    [MemberData(nameof(Heads))]
    public void ResponseHead_CutAnywhereAndInAnySegments_IsReadTheSame(string name, string input, string expected)
    {
        Assert.NotEmpty(name);
        var (method, text) = Split(input);
        var bytes = Bytes(text);
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            var first = new Segment(bytes.AsMemory(0, cut));
            var last = first.Append(bytes.AsMemory(cut));
            Assert.Equal(expected, Read(method, new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length)));

            // A part of a good head is never taken for a whole one.
            if (cut < bytes.Length && expected is [>= '0' and <= '9', ..])
            {
                Assert.Equal("incomplete", Read(method, bytes[..cut]));
            }
        }
    }

    [Fact]
    public void ResponseHead_LongerThan64KiB_IsRefusedWhetherItEndsOrNot()
    {
        var filler = "X: " + new string('a', ResponseHeadReader.MaxBytes);
        Assert.Equal("http_response_header_section_size", Read("GET", Bytes("HTTP/1.1 200 OK\\r\\n" + filler)));
        Assert.Equal("http_response_header_section_size", Read("GET", Bytes("HTTP/1.1 200 OK\\r\\n" + filler + "\\r\\n\\r\\n")));
    }

    [Theory]
    [InlineData(ResponseHeadReader.MaxLines, "200 UntilClose close")]
    [InlineData(ResponseHeadReader.MaxLines + 1, "http_response_header_section_size")]
    public void ResponseHead_OfManyLines_IsBounded(int lines, string expected) =>
        Assert.Equal(expected, Read("GET", Bytes("HTTP/1.1 200 OK\\r\\n" + string.Concat(Enumerable.Repeat("X: y\\r\\n", lines)) + "\\r\\n")));

    [Fact]
    public void ContentLength_BesideChunks_IsRemoved()
    {
        ResponseHeadReader.TryRead(Bytes("HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n"), out var head, out _, out _);
        Assert.Null(BodyFraming.Decide("GET", head!, out _));
        Assert.False(head!.Fields.Has("Content-Length"));
    }

    [Fact]
    public void ResponseHead_AnyBytes_NeverThrows() => Attack.Survives(text => Read("GET", Encoding.Latin1.GetBytes("HTTP/1.1 200 OK\r\n" + text + "\r\n\r\n")));

    [Theory]
    [MemberData(nameof(Chunks))]
    public void Chunked_Golden_WhateverTheSizesOfInputAndOutput(string name, string input, string expected)
    {
        Assert.NotEmpty(name);
        var bytes = Bytes(input);
        for (var inputBytes = 1; inputBytes <= bytes.Length; inputBytes++)
        {
            for (var outputBytes = 1; outputBytes <= 6; outputBytes++)
            {
                Assert.Equal(expected, Decode(bytes, inputBytes, outputBytes));
            }
        }
    }

    [Theory]
    [InlineData(ChunkedDecoder.MaxExtensionBytes, true)]
    [InlineData(ChunkedDecoder.MaxExtensionBytes + 1, false)]
    public void Chunked_Extension_IsBounded(int length, bool passes) =>
        Assert.Equal(passes ? "\"a\"" : "fault", Decode(Encoding.Latin1.GetBytes($"1;{new string('x', length)}\r\na\r\n0\r\n\r\n"), 4096, 64));

    [Fact]
    public void Chunked_Trailers_AreBounded() =>
        Assert.Equal("fault", Decode(Encoding.Latin1.GetBytes($"0\r\nX: {new string('x', ChunkedDecoder.MaxTrailerBytes)}\r\n\r\n"), 4096, 64));

    [Fact]
    public void Chunked_EncodeThenDecode_IsTheSame() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[][]>(), chunks =>
        {
            var wire = new MemoryStream();
            foreach (var chunk in chunks.Where(c => c is { Length: > 0 }))
            {
                wire.Write(Encoding.Latin1.GetBytes($"{chunk.Length:x}\r\n"));
                wire.Write(chunk);
                wire.Write("\r\n"u8);
            }

            wire.Write("0\r\n\r\n"u8);
            var decoder = new ChunkedDecoder();
            var output = new byte[wire.Length];
            return decoder.Decode(wire.ToArray(), output, out var consumed, out var written) == ChunkRead.End
                && consumed == wire.Length
                && output.AsSpan(0, written).SequenceEqual(chunks.Where(c => c is not null).SelectMany(c => c).ToArray());
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Chunked_InsideTakenElsewhere_GoesOnAtItsEnd()
    {
        var decoder = new ChunkedDecoder();
        Assert.Equal(ChunkRead.NeedsInput, decoder.Decode("a\r\n01"u8, new byte[10], out _, out var written));
        Assert.Equal((2, 8), (written, decoder.PlainBytes));
        decoder.Took(8);
        Assert.Equal(0, decoder.PlainBytes);
        Assert.Equal(ChunkRead.End, decoder.Decode("\r\n0\r\n\r\n"u8, new byte[10], out _, out _));
    }

    private static (string Method, string Text) Split(string input)
    {
        var space = input.IndexOf(' ', StringComparison.Ordinal);
        return space < 0 ? (input, "") : (input[..space], input[(space + 1)..]);
    }

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text
        .Replace("\\r", "\r", StringComparison.Ordinal).Replace("\\n", "\n", StringComparison.Ordinal).Replace("\\0", "\0", StringComparison.Ordinal));

    private static string Read(string method, byte[] bytes) => Read(method, new ReadOnlySequence<byte>(bytes));

    private static string Read(string method, ReadOnlySequence<byte> bytes)
    {
        switch (ResponseHeadReader.TryRead(bytes, out var head, out var consumed, out var fault))
        {
            case HeadRead.Incomplete:
                return "incomplete";
            case HeadRead.Faulty:
                return fault!.Error.Token();
            default:
                Assert.InRange(consumed, 1, bytes.Length);
                return BodyFraming.Decide(method, head!, out var framing) is { } unsound ? unsound.Error.Token()
                    : $"{head!.Status} {framing.Kind}{(framing.Kind == BodyKind.Length ? $" {framing.Length}" : "")} {(framing.Persistent ? "keep" : "close")}";
        }
    }

    private static string Decode(byte[] bytes, int inputBytes, int outputBytes)
    {
        var decoder = new ChunkedDecoder();
        var content = new StringBuilder();
        var output = new byte[outputBytes];
        var at = 0;
        while (true)
        {
            var input = bytes.AsSpan(at, Math.Min(inputBytes, bytes.Length - at));
            var status = decoder.Decode(input, output, out var consumed, out var written);
            content.Append(Encoding.Latin1.GetString(output, 0, written).Replace('\r', '.').Replace('\n', '.'));
            at += consumed;
            switch (status)
            {
                case ChunkRead.Faulty:
                    Assert.NotNull(decoder.Fault);
                    return "fault";
                case ChunkRead.End:
                    var trailers = decoder.Trailers is { } t ? " " + string.Join(", ", t.Select(f => $"{f.Name}: {f.Value}")) : "";
                    return $"\"{content}\"{trailers}{(at < bytes.Length ? $" + {bytes.Length - at}" : "")}";
                case ChunkRead.NeedsInput when at == bytes.Length:
                    return $"\"{content}\" missing";
                default:
                    break;
            }
        }
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory) => Memory = memory;

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}
