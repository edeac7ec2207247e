using System.Globalization;
using Swarm.Core;

namespace Swarm.Protocol.Tests;

/// <summary>What a libtorrent seed answered to hash requests (<c>tests/golden/metainfo/hash-answers.txt</c>) verifies here.</summary>
public sealed class HashAnswersGoldenTests
{
    public static TheoryData<string> Lines() => [.. File.ReadAllLines(Path.Combine(Golden.Folder("metainfo"), "hash-answers.txt"))];

    [Theory]
    [MemberData(nameof(Lines))]
    public void AnswerOfLibtorrent_HasThePlannedShape_AndVerifies(string line)
    {
        var metainfo = MetainfoGoldenTests.Parse("many-hybrid");
        var (plan, answer) = Read(line, metainfo);
        Assert.True(LeafRun.TrySplit(plan, answer, out var hashes, out var uncles), $"{answer.Length} hashes for {plan}");
        Assert.True(LeafRun.TryVerify(metainfo, 0, plan.BaseLayer, plan.Index, plan.Length, hashes, uncles));
        answer[0] = answer[0] with { A = answer[0].A ^ 1 };
        Assert.False(LeafRun.TryVerify(metainfo, 0, plan.BaseLayer, plan.Index, plan.Length, answer.AsSpan(0, plan.Length), uncles));
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public void AnswerOfLibtorrent_ForAMagnet_VerifiesWhereItReachesTheRoot(string line)
    {
        Assert.True(Metainfo.TryParseInfo(MetainfoGoldenTests.Parse("many-hybrid").InfoBytes, out var magnet, out _));
        var (plan, answer) = Read(line, magnet);
        var reached = plan.BaseLayer + int.Log2(plan.Length) + plan.UncleCount;
        Assert.Equal(
            reached == magnet.TreeHeight(0),
            LeafRun.TrySplit(plan, answer, out var hashes, out var uncles)
                && LeafRun.TryVerify(magnet, 0, plan.BaseLayer, plan.Index, plan.Length, hashes, uncles));
    }

    private static (HashRequestPlan Plan, Hash256[] Answer) Read(string line, Metainfo metainfo)
    {
        var halves = line.Split(" : ");
        var asked = halves[0].Split(' ').Select(n => int.Parse(n, CultureInfo.InvariantCulture)).ToArray();
        var answer = halves[1].Split(' ').Select(h => Hash256.TryParseHex(h, out var hash) ? hash : throw new FormatException(h)).ToArray();
        return (new(metainfo.Layout.Files[0].PiecesRoot, asked[0], asked[1], asked[2], asked[3]), answer);
    }
}
