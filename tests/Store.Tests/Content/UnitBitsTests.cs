using FsCheck;
using FsCheck.Fluent;
using Swarm.Core;

namespace Swarm.Store.Tests;

public sealed class UnitBitsTests
{
    [Theory]
    [InlineData(1, 0, 0b1)]
    [InlineData(TestBlocks.Size, 0, 0b1)]
    [InlineData(TestBlocks.Size + 1, 0, 0b11)]
    [InlineData(64L * TestBlocks.Size, 0, ulong.MaxValue)]
    [InlineData((64L * TestBlocks.Size) + 1, 0, ulong.MaxValue)]
    [InlineData((64L * TestBlocks.Size) + 1, 1, 0b1)]
    public void InContent_LastUnit_EndsWithTheContent(long length, int unit, ulong expected) =>
        Assert.Equal(expected, UnitBits.Layout(length).InContent(unit));

    [Fact]
    public void Bytes_LastBlockShort_CountsWhatIsThere()
    {
        var layout = UnitBits.Layout((66L * TestBlocks.Size) + 100);
        Assert.Equal(64L * TestBlocks.Size, layout.Bytes(0, ulong.MaxValue));
        Assert.Equal(TestBlocks.Size + 100, layout.Bytes(1, 0b101));
        Assert.Equal(0, layout.Bytes(1, 0));
    }

    [Theory]
    [InlineData(0, ulong.MaxValue)]
    [InlineData(63, 1UL << 63)]
    [InlineData(64, ulong.MaxValue)]
    [InlineData(70, ulong.MaxValue << 6)]
    public void From_Block_IsItAndThoseAfterItInItsUnit(int block, ulong expected) => Assert.Equal(expected, UnitBits.From(block));

    [Fact]
    public void AddRuns_AnyWords_AreTheirBitsInMaximalRuns()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<(ulong Word, byte Kind)[]>(), picks =>
        {
            // Full and empty words are the edges, and seldom drawn.
            var words = picks.Select(p => (p.Kind % 4) switch { 0 => 0UL, 1 => ulong.MaxValue, 2 => ~p.Word, _ => p.Word }).ToArray();
            var runs = new List<BlockRun>();
            for (var unit = 0; unit < words.Length; unit++)
            {
                UnitBits.AddRuns(runs, unit, words[unit]);
            }

            var blocks = Enumerable.Range(0, words.Length * 64).Where(b => (words[b / 64] >> (b % 64) & 1) != 0);
            Assert.Equal(blocks, runs.SelectMany(r => Enumerable.Range(r.First, r.Count)));
            Assert.All(runs.Zip(runs.Skip(1)), pair => Assert.True(pair.First.End < pair.Second.First));
        }).QuickCheckThrowOnFailure();
    }
}
