using FsCheck;
using FsCheck.Fluent;

namespace Swarm.Core.Tests.Vocabulary;

/// <summary>Ranges, layouts and hashes as values.</summary>
public sealed class VocabularyTests
{
    [Fact]
    public void ByteRange_AllPairsOverSixBytes_IntersectAsSetsDo()
    {
        for (var a = 0; a < 6; a++)
        {
            for (var al = 0; a + al <= 6; al++)
            {
                for (var b = 0; b < 6; b++)
                {
                    for (var bl = 0; b + bl <= 6; bl++)
                    {
                        var x = new ByteRange(a, al);
                        var y = new ByteRange(b, bl);
                        var common = Enumerable.Range(a, al).Intersect(Enumerable.Range(b, bl)).ToArray();
                        var both = x.Intersect(y);
                        Assert.Equal(common.Length, both.Length);
                        Assert.Equal(common.Length > 0 ? common[0] : 0, both.Offset);
                    }
                }
            }
        }
    }

    [Fact]
    public void Instant_AddBeyondTheEnd_SaturatesAtNever()
    {
        Assert.Equal(Instant.Never, new Instant(long.MaxValue - 1) + 5);
        Assert.Equal(Instant.Never, Instant.Never + 1);
        Assert.Equal(7, new Instant(10) - new Instant(3));
        Assert.True(new Instant(1) < new Instant(2));
    }

    [Fact]
    public void PieceLayout_AnyLength_PiecesAndBlocksCoverItExactly() =>
        Prop.ForAll(Gen.Choose(0, 5_000_000).ToArbitrary(), Gen.Choose(1, 16).ToArbitrary(), (length, factor) =>
        {
            var layout = new PieceLayout(length, factor * PieceLayout.BlockSize);
            var pieces = Enumerable.Range(0, layout.PieceCount).Sum(p => (long)layout.PieceBytes(p));
            var blocks = Enumerable.Range(0, layout.BlockCount).Sum(b => (long)layout.BlockBytes(b));
            var runs = Enumerable.Range(0, layout.PieceCount).Sum(p => layout.BlocksOf(p).Count);
            return pieces == length && blocks == length && runs == layout.BlockCount;
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(-1, 16384)]
    [InlineData(10, 0)]
    [InlineData(10, 16383)]
    [InlineData(10, 20000)]
    [InlineData(long.MaxValue, 16384)]
    public void PieceLayout_NoLayout_Throws(long length, int pieceLength) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new PieceLayout(length, pieceLength));

    [Theory]
    [InlineData(0, 1, 0, 1)]
    [InlineData(0, 16384, 0, 1)]
    [InlineData(0, 16385, 0, 2)]
    [InlineData(16383, 2, 0, 2)]
    [InlineData(16384, 16384, 1, 1)]
    [InlineData(40000, 0, 2, 0)]
    public void BlocksOver_ARange_HoldsEveryByteOfIt(long offset, long length, int first, int count) =>
        Assert.Equal(new BlockRun(first, count), PieceLayout.BlocksOver(new(offset, length)));

    [Fact]
    public void ContentLayout_FilesWithGaps_EveryBlockBelongsToOneFileOrNone()
    {
        var layout = new ContentLayout([new("a", 100_000, 0, default), new("b", 1, 64, default), new("c", 3_000_000, 128, default)], 1 << 20);
        Assert.Equal([0, 0, -1, -1, 1, -1, 2, -1], new[] { 0, 6, 7, 63, 64, 65, 128, layout.BlockCount }.Select(layout.FileOf));
        Assert.Equal(3_100_001, Enumerable.Range(0, layout.BlockCount).Sum(b => (long)layout.BlockBytes(b)));
        Assert.Equal(0, layout.BlockBytes(30));
        Assert.Equal(5, layout.PieceCount);
    }

    [Fact]
    public void Hash256_HexRoundTrip_AndWrongHexIsRefused()
    {
        var hash = MerkleTree.Leaf("abc"u8);
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", hash.ToString());
        Assert.True(Hash256.TryParseHex(hash.ToString().ToUpperInvariant(), out var back));
        Assert.Equal(hash, back);
        Assert.False(Hash256.TryParseHex("zz" + hash.ToString()[2..], out _));
        Assert.False(Hash256.TryParseHex("ba", out _));
        Assert.True(default(Hash256).IsZero);
    }

    [Fact]
    public void InfoHash_Hybrid_AnswersToBothNames()
    {
        var v2 = MerkleTree.Leaf("x"u8);
        var hybrid = new InfoHash(new string('a', 40), v2);
        Assert.True(hybrid.IsHybrid);
        Assert.Equal(v2.ToString(), hybrid.Id);
        Assert.True(hybrid.Matches(new string('A', 40)));
        Assert.True(hybrid.Matches(v2.ToString()));
        Assert.False(hybrid.Matches(new string('b', 40)));
        Assert.Equal(20, hybrid.V2Truncated!.Length);
        Assert.Throws<InvalidOperationException>(() => new InfoHash(null, null).Id);
    }
}
