using Swarm.Core;
using Swarm.Testing;

namespace Swarm.Protocol.Tests;

/// <summary>Hash requests and their answers, against a seed modelled on BEP 52's words: base hashes, then an uncle a proof layer that lies outside the run.</summary>
public sealed class LeafRunTests
{
    private const int Block = PieceLayout.BlockSize;

    [Fact]
    public void EveryBlock_EveryMaxLength_AnswerOfThePlanVerifies()
    {
        foreach (var blocks in new[] { 2, 3, 4, 5, 8, 9, 31, 33, 64, 65 })
        {
            foreach (var blocksPerPiece in new[] { 1, 2, 4, 16 })
            {
                foreach (var magnet in new[] { false, true })
                {
                    var (metainfo, leaves) = Make(blocks, blocksPerPiece, magnet);
                    for (var max = 2; max <= 512; max *= 2)
                    {
                        for (var block = 0; block < blocks; block++)
                        {
                            var plan = Assert.Single(HashRequestPlan.ForLeaves(metainfo, 0, new BlockRun(block, 1), max));
                            Assert.InRange(block, plan.Index, plan.Index + plan.Length - 1);
                            Assert.True(plan.Length <= max && plan.Index % plan.Length == 0);
                            Assert.True(Verify(metainfo, plan, Answer(leaves, plan)), $"{blocks} blocks, {blocksPerPiece} a piece, magnet {magnet}, {plan}");
                        }
                    }
                }
            }
        }
    }

    [Fact]
    public void EveryRun_OfBlocks_IsCoveredWithoutOverlap()
    {
        var (metainfo, leaves) = Make(45, 4, magnet: false);
        for (var first = 0; first < 45; first++)
        {
            for (var count = 1; first + count <= 45; count++)
            {
                foreach (var max in new[] { 2, 8, 512 })
                {
                    var plans = HashRequestPlan.ForLeaves(metainfo, 0, new BlockRun(first, count), max);
                    var covered = plans.SelectMany(p => Enumerable.Range(p.Index, p.Length)).ToList();
                    Assert.Equal(covered.Count, covered.Distinct().Count());
                    Assert.Empty(Enumerable.Range(first, count).Except(covered));
                    Assert.True(covered.Count <= count + 8, "no more than a piece on each side");
                    Assert.All(plans, p => Assert.True(Verify(metainfo, p, Answer(leaves, p))));
                }
            }
        }
    }

    [Fact]
    public void AnyHash_Changed_IsRefused()
    {
        foreach (var (blocks, perPiece, magnet) in new[] { (13, 4, false), (13, 4, true), (3, 16, false), (64, 32, false) })
        {
            var (metainfo, leaves) = Make(blocks, perPiece, magnet);
            for (var max = 2; max <= 64; max *= 2)
            {
                foreach (var plan in HashRequestPlan.ForLeaves(metainfo, 0, new BlockRun(0, blocks), max))
                {
                    for (var i = 0; i < plan.Length + plan.UncleCount; i++)
                    {
                        var answer = Answer(leaves, plan);
                        answer[i] = answer[i] with { D = answer[i].D ^ 1 };
                        Assert.False(Verify(metainfo, plan, answer), $"hash {i} of {plan}");
                    }
                }
            }
        }
    }

    [Fact]
    public void WholePieces_NeedNoUncles_PartsOfAPieceNeedThemToThePieceLayer()
    {
        var (metainfo, _) = Make(513, 64, magnet: false);
        Assert.Equal([(0, 512, 0), (512, 64, 0)], Plans(new BlockRun(0, 513), 512));
        Assert.Equal([(64, 64, 0)], Plans(new BlockRun(70, 1), 64));
        // 2 leaves: the run's root is at layer 1, the piece at layer 6, so layers 1 … 5 send an uncle each.
        Assert.Equal([(70, 2, 5)], Plans(new BlockRun(70, 2), 2));
        Assert.Equal([(64, 16, 5)], Plans(new BlockRun(70, 2), 16));
        Assert.Equal([(0, 512, 0), (512, 64, 0)], Plans(new BlockRun(-5, 9999), 9999));

        (int, int, int)[] Plans(BlockRun blocks, int max) =>
            [.. HashRequestPlan.ForLeaves(metainfo, 0, blocks, max).Select(p => (p.Index, p.Length, p.ProofLayers))];
    }

    [Fact]
    public void Magnet_TwoLeavesOf513Blocks_AskForNineProofLayersToTheRoot()
    {
        var (metainfo, leaves) = Make(513, 64, magnet: true);
        var plan = Assert.Single(HashRequestPlan.ForLeaves(metainfo, 0, new BlockRun(0, 1), 2));
        Assert.Equal(9, plan.ProofLayers);
        Assert.Equal(9, plan.UncleCount);
        Assert.True(Verify(metainfo, plan, Answer(leaves, plan)));
    }

    [Fact]
    public void OneBlockAndEmptyFiles_NeedNoHashes()
    {
        Assert.Empty(HashRequestPlan.ForLeaves(Make(1, 4, magnet: false).Metainfo, 0, new BlockRun(0, 1)));
        Assert.Empty(HashRequestPlan.ForLeaves(Make(9, 4, magnet: false).Metainfo, 0, new BlockRun(3, 0)));
        Assert.Empty(HashRequestPlan.ForLeaves(MetainfoGoldenTests.Parse("odd-v1"), 0, new BlockRun(0, 4)));
    }

    [Fact]
    public void PieceLayer_AskedInRuns_VerifiesAndCompletesAMagnet()
    {
        var (whole, leaves) = Make(65, 4, magnet: false);
        var (magnet, _) = Make(65, 4, magnet: true);
        Assert.False(magnet.HasPieceHashes(0));
        var layer = new List<Hash256>();
        foreach (var plan in HashRequestPlan.ForPieceLayer(magnet, 0))
        {
            var answer = Answer(leaves, plan);
            Assert.True(Verify(magnet, plan, answer));
            layer.AddRange(answer[..plan.Length]);
        }

        Assert.True(magnet.TryWithPieceLayer(0, [.. layer.Take(magnet.PiecesIn(0))], out var completed));
        Assert.True(completed.HasPieceHashes(0));
        Assert.Equal(Enumerable.Range(0, 17).Select(p => whole.PieceHash(0, p)), Enumerable.Range(0, 17).Select(p => completed.PieceHash(0, p)));
        layer[3] = default;
        Assert.False(magnet.TryWithPieceLayer(0, [.. layer.Take(magnet.PiecesIn(0))], out _));
    }

    [Fact]
    public void Verify_ArgumentsThatNameNoRun_AreRefused()
    {
        var (metainfo, leaves) = Make(13, 4, magnet: false);
        var good = Answer(leaves, new(default, 0, 4, 4, 0));
        Assert.True(LeafRun.TryVerify(metainfo, 0, 0, 4, 4, good, []));
        Assert.False(LeafRun.TryVerify(metainfo, 0, 0, 8, 4, good, []));
        Assert.False(LeafRun.TryVerify(metainfo, 0, 0, 2, 4, good, []));
        Assert.False(LeafRun.TryVerify(metainfo, 0, 0, -4, 4, good, []));
        Assert.False(LeafRun.TryVerify(metainfo, 0, 0, 16, 4, good, []));
        Assert.False(LeafRun.TryVerify(metainfo, 0, -1, 4, 4, good, []));
        Assert.False(LeafRun.TryVerify(metainfo, 0, 40, 0, 4, good, []));
        Assert.False(LeafRun.TryVerify(metainfo, 1, 0, 4, 4, good, []));
        Assert.False(LeafRun.TryVerify(metainfo, -1, 0, 4, 4, good, []));
        Assert.False(LeafRun.TryVerify(metainfo, 0, 0, 4, 8, good, []));
        Assert.False(LeafRun.TryVerify(metainfo, 0, 0, 0, 3, good.AsSpan(0, 3), []));
        Assert.False(LeafRun.TryVerify(metainfo, 0, 0, 4, 2, good.AsSpan(0, 2), []));
        Assert.False(LeafRun.TryVerify(metainfo, 0, 0, 0, 0, [], []));
        Assert.False(LeafRun.TryVerify(metainfo, 0, 0, 0, 1024, new Hash256[1024], []));
    }

    [Fact]
    public void LeavesPastTheEnd_AreZeroHashes_NotHashesOfZeros()
    {
        var (metainfo, leaves) = Make(13, 4, magnet: false);
        var plan = new HashRequestPlan(default, 0, 12, 4, 0);
        var answer = Answer(leaves, plan);
        Assert.True(answer[1].IsZero && answer[3].IsZero);
        Assert.True(Verify(metainfo, plan, answer));
        answer[1] = MerkleTree.Leaf(new byte[Block]);
        Assert.False(Verify(metainfo, plan, answer));
    }

    [Fact]
    public void Verify_Allocates_Nothing()
    {
        var (metainfo, leaves) = Make(64, 16, magnet: false);
        var answer = Answer(leaves, new(default, 0, 0, 64, 0));
        var right = true;
        Assert.Equal(0, Allocated.Bytes(() => right &= LeafRun.TryVerify(metainfo, 0, 0, 0, 64, answer, [])));
        Assert.True(right);
    }

    private static bool Verify(Metainfo metainfo, in HashRequestPlan plan, Hash256[] answer) =>
        LeafRun.TrySplit(plan, answer, out var hashes, out var uncles)
        && LeafRun.TryVerify(metainfo, 0, plan.BaseLayer, plan.Index, plan.Length, hashes, uncles);

    /// <summary>What a seed sends: the layer's run, then for proof layer 1 … n above the base the sibling, unless it lies inside the run.</summary>
    private static Hash256[] Answer(Hash256[] leaves, in HashRequestPlan plan)
    {
        var layers = new List<Hash256[]> { leaves.Concat(Enumerable.Repeat(default(Hash256), (1 << MerkleTree.HeightOf(leaves.Length)) - leaves.Length)).ToArray() };
        while (layers[^1].Length > 1)
        {
            var below = layers[^1];
            layers.Add([.. Enumerable.Range(0, below.Length / 2).Select(i => MerkleTree.Parent(below[2 * i], below[(2 * i) + 1]))]);
        }

        var answer = new List<Hash256>();
        for (var i = 0; i < plan.Length; i++)
        {
            answer.Add(layers[plan.BaseLayer][plan.Index + i]);
        }

        for (var proof = 1; proof <= plan.ProofLayers; proof++)
        {
            var first = plan.Index >> proof;
            var width = plan.Length >> proof;
            if (width <= 1)
            {
                answer.Add(layers[plan.BaseLayer + proof][first ^ 1]);
            }
        }

        return [.. answer];
    }

    private static (Metainfo Metainfo, Hash256[] Leaves) Make(int blocks, int blocksPerPiece, bool magnet)
    {
        // One byte in the last block: it is hashed unpadded.
        var leaves = TestContent.Leaves(TestContent.Bytes(7, ((blocks - 1) * Block) + 1));
        var builder = new MetainfoBuilder
        {
            Name = "f",
            PieceLength = blocksPerPiece * Block,
            Format = MetainfoFormat.V2,
            Files = [new MetainfoInput("f", ((long)(blocks - 1) * Block) + 1, leaves)],
        };
        Assert.True(builder.TryBuild(out var bytes, out var error), error?.ToString());
        Assert.True(Metainfo.TryParse(bytes, out var metainfo, out _));
        if (magnet)
        {
            Assert.True(Metainfo.TryParseInfo(metainfo.InfoBytes, out metainfo, out _));
        }

        return (metainfo, leaves);
    }
}
