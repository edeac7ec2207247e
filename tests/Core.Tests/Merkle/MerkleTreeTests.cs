namespace Swarm.Core.Tests.Merkle;

/// <summary>The BEP 52 tree against a plain recursive one.</summary>
public sealed class MerkleTreeTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 3)]
    [InlineData(3, 2)]
    [InlineData(5, 3)]
    [InlineData(8, 3)]
    [InlineData(13, 6)]
    public void Root_PaddedLayer_IsThatOfTheWholeTree(int leaves, int height)
    {
        var layer = Leaves(leaves);
        Assert.Equal(Recursive(layer, 0, 1 << height), MerkleTree.Root(layer.ToArray(), height));
    }

    [Fact]
    public void Root_OverSubtreeRoots_PadsWithZeroSubtreesNotZeroHashes()
    {
        var leaves = Leaves(5);
        Hash256[] pairs = [MerkleTree.Root(leaves.AsSpan(0, 2).ToArray(), 1), MerkleTree.Root(leaves.AsSpan(2, 2).ToArray(), 1), MerkleTree.Root(leaves.AsSpan(4, 1).ToArray(), 1)];
        Assert.Equal(MerkleTree.Root(leaves.ToArray(), 3), MerkleTree.Root(pairs.ToArray(), 2, padHeight: 1));
        Assert.NotEqual(MerkleTree.Root(leaves.ToArray(), 3), MerkleTree.Root(pairs.ToArray(), 2));
    }

    [Fact]
    public void Climb_EveryLeafWithItsUncles_ReachesTheRoot()
    {
        var leaves = Leaves(6);
        var root = MerkleTree.Root(leaves.ToArray(), 3);
        for (var i = 0; i < 8; i++)
        {
            var uncles = new Hash256[3];
            for (var level = 0; level < 3; level++)
            {
                var sibling = (i >> level) ^ 1;
                uncles[level] = Recursive(leaves, sibling << level, 1 << level);
            }

            Assert.Equal(root, MerkleTree.Climb(i < 6 ? leaves[i] : default, i, uncles));
            uncles[1] = default;
            Assert.NotEqual(root, MerkleTree.Climb(i < 6 ? leaves[i] : default, i, uncles));
        }
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(3, 1)]
    [InlineData(1, 32)]
    public void Root_LayerThatDoesNotFit_Throws(int leaves, int height) =>
        Assert.Throws<ArgumentException>(() => MerkleTree.Root(Leaves(leaves), height));

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    [InlineData(1024, 10)]
    [InlineData(1025, 11)]
    public void HeightOf_Leaves_IsTheSmallestThatHoldsThem(long leaves, int height) => Assert.Equal(height, MerkleTree.HeightOf(leaves));

    private static Hash256[] Leaves(int count) => [.. Enumerable.Range(0, count).Select(i => MerkleTree.Leaf([(byte)i]))];

    private static Hash256 Recursive(Hash256[] leaves, int first, int width) => width == 1
        ? first < leaves.Length ? leaves[first] : default
        : MerkleTree.Parent(Recursive(leaves, first, width / 2), Recursive(leaves, first + (width / 2), width / 2));
}
