using System.Globalization;
using Swarm.Core;

namespace Swarm.Protocol.Tests;

/// <summary>What we answer to hash requests: what a libtorrent seed answers, hash for hash, and never more than we have proven.</summary>
public sealed class HashAnswersTests
{
    private static readonly Hash256[] ManyLeaves = TestContent.Leaves(TestContent.File(1060217));

    public static TheoryData<string> Lines() => [.. File.ReadAllLines(Path.Combine(Golden.Folder("metainfo"), "hash-answers.txt"))];

    [Theory]
    [MemberData(nameof(Lines))]
    public void Answer_IsTheOneThatLibtorrentGave(string line)
    {
        var metainfo = MetainfoGoldenTests.Parse("many-hybrid");
        var halves = line.Split(" : ");
        var asked = halves[0].Split(' ').Select(n => int.Parse(n, CultureInfo.InvariantCulture)).ToArray();

        var answer = Answer(metainfo, new(metainfo.Layout.Files[0].PiecesRoot, asked[0], asked[1], asked[2], asked[3]), ManyLeaves);

        Assert.Equal(halves[1].Split(' '), answer.Select(h => h.ToString()));
    }

    [Fact]
    public void EveryPlannedRequest_OfManyShapes_IsAnsweredAndVerifies()
    {
        foreach (var blocks in new[] { 2, 3, 4, 5, 8, 9, 31, 33, 64, 65 })
        {
            foreach (var perPiece in new[] { 1, 2, 4, 16 })
            {
                var (metainfo, leaves) = Make(blocks, perPiece);
                for (var max = 2; max <= 512; max *= 2)
                {
                    foreach (var plan in HashRequestPlan.ForLeaves(metainfo, 0, new(0, blocks), max).Concat(HashRequestPlan.ForPieceLayer(metainfo, 0)))
                    {
                        var answer = Answer(metainfo, new(plan.PiecesRoot, plan.BaseLayer, plan.Index, plan.Length, plan.ProofLayers), leaves);
                        Assert.True(
                            LeafRun.TrySplit(plan, answer, out var hashes, out var uncles)
                                && LeafRun.TryVerify(metainfo, 0, plan.BaseLayer, plan.Index, plan.Length, hashes, uncles),
                            $"{blocks} blocks, {perPiece} a piece, {plan}");
                    }
                }
            }
        }
    }

    [Fact]
    public void ProofLayersUpToTheRoot_LeadToTheRoot()
    {
        var (metainfo, leaves) = Make(45, 4);
        var root = metainfo.Layout.Files[0].PiecesRoot;
        foreach (var (first, length) in new[] { (0, 2), (8, 8), (44, 2), (40, 4), (48, 16) })
        {
            var answer = Answer(metainfo, new(root, 0, first, length, HashRequestMessage.MaxProofLayers), leaves);
            var run = answer[..length].ToArray();
            Assert.Equal(root, MerkleTree.Climb(MerkleTree.Root(run, MerkleTree.HeightOf(length)), first / length, answer.AsSpan(length)));
        }
    }

    [Theory]
    [InlineData(0, 0, 64, 0, true)]
    [InlineData(0, 0, 3, 0, false)] // no power of two
    [InlineData(0, 0, 1, 0, false)]
    [InlineData(0, 0, 1024, 0, false)] // longer than BEP 52 allows
    [InlineData(0, 1, 2, 0, false)] // not aligned
    [InlineData(0, 64, 64, 0, false)] // past the tree
    [InlineData(0, 0, 128, 0, false)]
    [InlineData(1, 0, 2, 0, false)] // neither leaves nor the piece layer
    [InlineData(2, 0, 16, 0, true)]
    [InlineData(2, 0, 32, 0, false)]
    [InlineData(-1, 0, 2, 0, false)]
    [InlineData(0, -2, 2, 0, false)]
    [InlineData(0, 0, 2, -1, false)]
    [InlineData(0, int.MaxValue - 1, 2, 0, false)]
    public void Request_OutsideTheTree_IsRejected(int layer, int index, int length, int proofs, bool answered)
    {
        var (metainfo, leaves) = Make(45, 4);
        Assert.Equal(answered, Answer(metainfo, new(metainfo.Layout.Files[0].PiecesRoot, layer, index, length, proofs), leaves).Length > 0);
    }

    [Fact]
    public void LeafNotProven_RejectsTheRunsThatNeedIt_AndNoOthers()
    {
        var (metainfo, leaves) = Make(45, 4);
        var root = metainfo.Layout.Files[0].PiecesRoot;
        bool Known(int first, Span<Hash256> to)
        {
            leaves.AsSpan(first, to.Length).CopyTo(to);
            return first > 9 || first + to.Length <= 9;
        }

        var to = new Hash256[HashAnswers.MaxHashes];
        var answers = new HashAnswers(metainfo);
        Assert.Equal(0, answers.Answer(0, new(root, 0, 8, 4, 0), Known, to));
        Assert.Equal(0, answers.Answer(0, new(root, 0, 10, 2, 5), Known, to)); // its uncle is made of 8 and 9
        Assert.NotEqual(0, answers.Answer(0, new(root, 0, 10, 2, 0), Known, to));
        Assert.NotEqual(0, answers.Answer(0, new(root, 0, 12, 4, 5), Known, to)); // uncles from the piece layer
        Assert.NotEqual(0, answers.Answer(0, new(root, 2, 0, 16, 0), Known, to));
    }

    [Fact]
    public void FileOutsideTheTorrent_IsRejected()
    {
        var (metainfo, leaves) = Make(9, 4);
        Assert.Equal(0, new HashAnswers(metainfo).Answer(1, new(default, 0, 0, 2, 0), Source(leaves), new Hash256[HashAnswers.MaxHashes]));
    }

    private static Hash256[] Answer(Metainfo metainfo, in HashRequestMessage request, Hash256[] leaves)
    {
        var to = new Hash256[HashAnswers.MaxHashes];
        return to[..new HashAnswers(metainfo).Answer(0, request, Source(leaves), to)];
    }

    private static KnownLeaves Source(Hash256[] leaves) => (first, to) =>
    {
        leaves.AsSpan(first, to.Length).CopyTo(to);
        return true;
    };

    private static (Metainfo Metainfo, Hash256[] Leaves) Make(int blocks, int blocksPerPiece)
    {
        var bytes = TestContent.Bytes((ulong)blocks, (blocks * PieceLayout.BlockSize) - 100);
        var leaves = TestContent.Leaves(bytes);
        var builder = new MetainfoBuilder
        {
            Name = "f", PieceLength = blocksPerPiece * PieceLayout.BlockSize, Format = MetainfoFormat.V2, Files = [new("f", bytes.Length, leaves)],
        };
        Assert.True(builder.TryBuild(out var built, out var error), error?.ToString());
        Assert.True(Metainfo.TryParse(built, out var metainfo, out error), error?.ToString());
        return (metainfo, leaves);
    }
}
