using System.Buffers;
using Swarm.Protocol;

namespace Swarm.Peer.Tests;

/// <summary>Every message against bytes written by hand from the BEPs.</summary>
public sealed class GoldenMessageTests
{
    private static readonly WireLimits Limits = new(PieceCount: 10);

    public static TheoryData<string> Names => GoldenFile.Names("messages.txt");

    [Theory]
    [MemberData(nameof(Names))]
    public void Message_ReadsAsWritten_WritesTheSameBytes(string name)
    {
        var (bytes, expected) = GoldenFile.Case("messages.txt", name);

        var (text, rewritten) = MessageText.Read(new(bytes), Limits);

        Assert.Equal(expected, text);
        Assert.Equal(Convert.ToHexStringLower(bytes), Convert.ToHexStringLower(rewritten));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Message_InSegmentsOfOneToSevenBytes_ReadsTheSame(string name)
    {
        var (bytes, expected) = GoldenFile.Case("messages.txt", name);
        for (var size = 1; size <= 7; size++)
        {
            Assert.Equal(expected, MessageText.Read(Segments.Of(bytes, size), Limits).Text);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Message_CutAnywhere_NeedsMoreAndConsumesNothing(string name)
    {
        var (bytes, _) = GoldenFile.Case("messages.txt", name);
        for (var length = 0; length < bytes.Length; length++)
        {
            var cut = new ReadOnlySequence<byte>(bytes, 0, length);
            Assert.Equal(FrameStatus.NeedMore, FrameReader.Read(ref cut, Limits, out _, out _));
            Assert.Equal(length, cut.Length);
        }
    }
}
