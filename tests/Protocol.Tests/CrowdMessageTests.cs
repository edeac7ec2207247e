using System.Buffers;
using Swarm.Core;

namespace Swarm.Protocol.Tests;

/// <summary>swarm_crowd messages against bytes written by hand, hostile ones among them.</summary>
public sealed class CrowdMessageTests
{
    public static TheoryData<string> Cases() => [.. Read().Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Message_IsReadAsItStands_AndWrittenTheSame(string name)
    {
        var (_, bytes, expected) = Read().Single(c => c.Name == name);
        var reader = new SequenceReader<byte>(new(bytes));
        if (!CrowdMessage.TryRead(ref reader, out var message))
        {
            Assert.Equal("refused", expected);
            return;
        }

        var leaves = new Hash256[message.Kind == CrowdKind.Leaves ? message.Number : 0];
        CrowdMessage.ReadLeaves(ref reader, leaves);
        var said = $"{message.Kind} piece {message.Piece} begin {message.Begin} number {message.Number}"
            + (leaves.Length > 0 ? $" leaves {string.Join(' ', leaves.Select(l => l.ToString()[..6]))}" : "");
        Assert.Equal(expected, said);
        Assert.True(reader.End);
        if (message.Kind == CrowdKind.Unknown)
        {
            return;
        }

        var written = new ArrayBufferWriter<byte>();
        message.Write(written, extendedId: 9, leaves);
        Assert.Equal(bytes.Length + 2, System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(written.WrittenSpan));
        Assert.Equal([20, 9], written.WrittenSpan[4..6].ToArray());
        Assert.Equal(Convert.ToHexStringLower(bytes), Convert.ToHexStringLower(written.WrittenSpan[6..]));
    }

    [Fact]
    public void LargestMessage_FitsWhatExtensionsMayBe() =>
        Assert.True(2 + CrowdMessage.HeadBytes + (CrowdMessage.MaxLeaves * Hash256.Size) <= WireLimits.ExtendedMaxBytes);

    private static IEnumerable<(string Name, byte[] Bytes, string Expected)> Read()
    {
        var text = File.ReadAllText(Path.Combine(Golden.Folder("peer-wire"), "crowd.txt")).ReplaceLineEndings("\n");
        foreach (var entry in text.Split("\n\n").Skip(1))
        {
            var lines = entry.Trim('\n').Split('\n');
            var end = Array.IndexOf(lines, "----");
            yield return (lines[0][2..], Convert.FromHexString(string.Concat(lines[1..end]).Replace(" ", "", StringComparison.Ordinal)), lines[end + 1]);
        }
    }
}
