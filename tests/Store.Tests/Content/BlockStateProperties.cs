using FsCheck;
using FsCheck.Fluent;
using Swarm.Core;

namespace Swarm.Store.Tests;

public sealed class BlockStateProperties
{
    [Fact]
    public void PresentRuns_AnySetOfBlocks_IsThatSetInMaximalRuns()
    {
        var sets = ArbMap.Default.ArbFor<byte[]>();
        Prop.ForAll(sets, picks =>
        {
            using var folder = new TempFolder();
            using var store = Harness.Open(folder);
            using var content = store.OpenContent("a", 256);
            var wanted = picks.Select(p => (int)p).Distinct().Order().ToArray();
            foreach (var block in wanted)
            {
                Assert.True(content.TryEnqueue(block, TestBlocks.Bytes("a", block), TestBlocks.Leaf("a", block), _ => { }));
            }

            Assert.True(store.Flush().GetAwaiter().GetResult());
            var runs = content.PresentRuns();
            Assert.Equal(wanted, runs.SelectMany(r => Enumerable.Range(r.First, r.Count)));
            Assert.All(runs.Zip(runs.Skip(1)), pair => Assert.True(pair.First.End < pair.Second.First));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(25));
    }

    [Fact]
    public void LeafBlob_AnyUnit_RoundTrips()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<ulong>(), present =>
        {
            var leaves = new Hash256[UnitRow.Blocks];
            for (var i = 0; i < leaves.Length; i++)
            {
                leaves[i] = (present >> i & 1) != 0 ? new Hash256((ulong)i + 1, present, 3, 4) : default;
            }

            var blob = LeafBlob.Write(present, leaves);
            Assert.Equal(leaves, LeafBlob.TryRead(present, blob)!);
            Assert.Null(LeafBlob.TryRead(present, [.. blob, 0]));
        }).QuickCheckThrowOnFailure();
    }
}
