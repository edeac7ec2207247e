using System.Buffers;
using System.Text;

namespace Swarm.Protocol.Tests;

/// <summary>BEP 9 messages: what is read, what is written, how long a piece is.</summary>
public sealed class MetadataMessageTests
{
    public static TheoryData<string> Cases() => [.. Read().Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Message_IsReadAsItStands(string name)
    {
        var (_, input, expected) = Read().Single(c => c.Name == name);
        var reader = new SequenceReader<byte>(new(Encoding.ASCII.GetBytes(input)));

        var said = !MetadataMessage.TryRead(ref reader, out var message) ? "refused"
            : message.Kind == MetadataKind.Data ? $"Data {message.Piece} of {message.TotalBytes}, {reader.Remaining} bytes"
            : $"{message.Kind} {message.Piece}";

        Assert.Equal(expected, said);
    }

    [Theory]
    [InlineData(MetadataKind.Request, 0, 0, "0000001b 14 03 d8:msg_typei0e5:piecei0ee")]
    [InlineData(MetadataKind.Reject, 3, 0, "0000001b 14 03 d8:msg_typei2e5:piecei3ee")]
    [InlineData(MetadataKind.Data, 1, 16386, "00000031 14 03 d8:msg_typei1e5:piecei1e10:total_sizei16386ee")]
    public void Message_Written_HasItsEnvelope_AndRoomForItsData(MetadataKind kind, int piece, int total, string expected)
    {
        var written = new ArrayBufferWriter<byte>();
        var message = new MetadataMessage(kind, piece, total);
        message.Write(written, extendedId: 3);
        written.Write(new byte[message.DataBytes]);

        var bytes = written.WrittenSpan;
        Assert.Equal(bytes.Length - 4, System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(bytes));
        Assert.Equal(expected, $"{Convert.ToHexStringLower(bytes[..4])} {bytes[4]:x2} {bytes[5]:x2} {Encoding.ASCII.GetString(bytes[6..^message.DataBytes])}");

        var reader = new SequenceReader<byte>(new(bytes[6..].ToArray()));
        Assert.True(MetadataMessage.TryRead(ref reader, out var again));
        Assert.Equal(message, again);
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(16384, 1, 16384)]
    [InlineData(16385, 2, 1)]
    [InlineData(MetadataMessage.MaxTotalBytes, 1024, 16384)]
    public void Pieces_AreSixteenKibibytes_ButTheLast(int total, int count, int last)
    {
        Assert.True(MetadataMessage.IsUsable(total));
        Assert.Equal(count, MetadataMessage.PieceCount(total));
        Assert.Equal(last, MetadataMessage.LengthOf(total, count - 1));
        Assert.Equal(0, MetadataMessage.LengthOf(total, count));
    }

    [Theory]
    [InlineData(0L)]
    [InlineData(-1L)]
    [InlineData(MetadataMessage.MaxTotalBytes + 1L)]
    [InlineData(1L << 30)]
    public void Size_OutsideTheCap_IsNotUsable(long total) => Assert.False(MetadataMessage.IsUsable(total));

    [Fact]
    public void Cap_IsWhatMetainfoReads() => Assert.Equal(MetadataMessage.MaxTotalBytes, MetainfoLimits.Default.MaxBytes);

    private static IEnumerable<(string Name, string Input, string Expected)> Read()
    {
        var text = File.ReadAllText(Path.Combine(Golden.Folder("peer-wire"), "metadata.txt")).ReplaceLineEndings("\n");
        foreach (var entry in text.Split("\n\n").Skip(1))
        {
            var lines = entry.Trim('\n').Split('\n');
            yield return (lines[0][2..], lines[1], lines[3]);
        }
    }
}
