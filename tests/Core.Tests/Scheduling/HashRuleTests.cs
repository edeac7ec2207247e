using System.Collections.Immutable;

namespace Swarm.Core.Tests.Scheduling;

/// <summary>The rules for leaf hashes, one by one.</summary>
public sealed class HashRuleTests
{
    [Fact]
    public void Head_TwoChokingPeers_BothAreAskedForItsRunAtOnce()
    {
        var s = Script.OneFile();
        s.Step(EventKind.ReaderOpened, 1, 0, 9 * Script.MiB, 16 * Script.MiB);
        var asked = Join(s, 1).Concat(Join(s, 2)).Concat(Join(s, 3)).Where(d => d.Kind == DecisionKind.AskHashes).ToArray();
        Assert.Equal([(1, 512, 512), (2, 512, 512)], asked.Select(d => (d.Source, d.First, d.Count)));
    }

    [Theory]
    [InlineData(20_000, 2)] // two blocks
    [InlineData(70_000, 8)] // five blocks, padded
    [InlineData(5_000_000, 512)] // 306 blocks, padded
    [InlineData(50_000_000, 512)]
    public void Run_OfAFile_IsAPowerOfTwoOfAtMost512(long bytes, int count)
    {
        var s = Script.OneFile(bytes);
        s.Step(EventKind.ReaderOpened, 1, 0, 0, bytes);
        var asked = Assert.Single(Join(s, 1), d => d.Kind == DecisionKind.AskHashes && d.First == 0);
        Assert.Equal(count, asked.Count);
    }

    [Fact]
    public void Run_InASecondFile_IsAlignedInThatFilesTree()
    {
        var root = new Hash256(1, 2, 3, 4);
        var layout = new ContentLayout(
            [new ContentFile("a", 100_000, 0, root), new ContentFile("b", 20 * Script.MiB, 64, root)], (int)Script.MiB);
        var s = new Script(layout);
        s.Step(EventKind.ReaderOpened, 1, 0, (64 * 16384) + (10 * Script.MiB), (64 * 16384) + (11 * Script.MiB));
        var asked = Join(s, 1, layout.BlockCount).First(d => d.Kind == DecisionKind.AskHashes);
        Assert.Equal((64 + 512, 512), (asked.First, asked.Count));
    }

    [Fact]
    public void OneBlockFile_ItsRootIsItsLeaf_IsNeverAskedFor()
    {
        var s = Script.OneFile(10_000);
        s.Step(EventKind.ReaderOpened, 1, 0, 0, 10_000);
        Assert.DoesNotContain(Join(s, 1), d => d.Kind == DecisionKind.AskHashes);
    }

    [Fact]
    public void Refused_ForNow_AnotherIsAskedAndThePieceAgainAfterItsFirstBlock()
    {
        var s = Script.OneFile();
        s.Step(EventKind.ReaderOpened, 1, 0, 0, 16 * Script.MiB);
        s.Peer(1);
        Assert.DoesNotContain(s.Step(EventKind.HashesRefused, 1, 0, 512), d => d.Kind == DecisionKind.AskHashes && d.First == 0);
        s.NowMicros += 80_000;
        var again = Assert.Single(s.Step(EventKind.Arrived, 1, 0, 16384), d => d.Kind == DecisionKind.AskHashes);
        Assert.Equal((1, 0, 64), (again.Source, again.First, again.Count));
        s.Step(EventKind.HashesRefused, 1, 0, 64);
        Assert.DoesNotContain(s.Step(EventKind.Arrived, 1, 1, 16384), d => d.Kind == DecisionKind.AskHashes && d.First == 0);
    }

    [Fact]
    public void Refused_Never_IsNotAskedAgain()
    {
        var s = Script.OneFile();
        s.Step(EventKind.ReaderOpened, 1, 0, 0, 16 * Script.MiB);
        s.Peer(1);
        s.Step(EventKind.HashesRefused, 1, 0, 512, 1);
        s.NowMicros += 80_000;
        Assert.DoesNotContain(s.Step(EventKind.Arrived, 1, 0, 16384), d => d.Kind == DecisionKind.AskHashes);
    }

    [Fact]
    public void Silent_TwoSeconds_TheNextPeerIsAsked()
    {
        var s = Script.OneFile();
        s.Step(EventKind.ReaderOpened, 1, 0, 0, 16 * Script.MiB);
        Join(s, 1);
        Join(s, 2);
        Join(s, 3);
        Assert.Contains(s.Wait(2_100_000), d => d.Kind == DecisionKind.AskHashes && d.Source == 3 && d.First == 0);
    }

    [Fact]
    public void NobodyAnswers_BlocksThatWait_AreBounded()
    {
        var s = Script.OneFile();
        s.Step(EventKind.ReaderOpened, 1, 0, 0, 16 * Script.MiB);
        var pending = new Queue<int>(Script.Blocks(s.Peer(1), DecisionKind.Request, 1));
        var arrived = 0;
        while (arrived < 400 && pending.TryDequeue(out var block))
        {
            s.NowMicros += 3000;
            arrived++;
            foreach (var next in Script.Blocks(s.Step(EventKind.Arrived, 1, block, 16384), DecisionKind.Request, 1))
            {
                pending.Enqueue(next);
            }
        }

        Assert.InRange(arrived, 64, 64 + 64 + 200); // the window and one piece, and what was under way
    }

    [Fact]
    public void NobodyAnswers_HeadInTheMiddleOfAPiece_ThePieceIsFetchedWhole()
    {
        var s = Script.OneFile();
        s.Step(EventKind.ReaderOpened, 1, (int)ReaderHint.Probe, (30 * 16384) + 5, 40 * 16384);
        var pending = new Queue<int>(Script.Blocks(s.Peer(1), DecisionKind.Request, 1));
        s.Step(EventKind.HashesRefused, 1, 0, 512, 1);
        var seen = new HashSet<int>();
        for (var i = 0; i < 200; i++)
        {
            var more = pending.TryDequeue(out var block) ? s.Step(EventKind.Arrived, 1, block, 16384) : s.Wait(50_000);
            seen.Add(block);
            s.NowMicros += 10_000;
            foreach (var next in Script.Blocks(more.Concat(s.Step(EventKind.Wake, -1)), DecisionKind.Request, 1))
            {
                pending.Enqueue(next);
            }
        }

        Assert.Superset(Enumerable.Range(0, 64).ToHashSet(), seen);
    }

    [Fact]
    public void NoTree_HeadInTheMiddleOfAPiece_StartsAtThePiecesFirstBlock()
    {
        var s = new Script(new ContentLayout(ImmutableArray.Create(new ContentFile("f", 16 * Script.MiB, 0, default)), (int)Script.MiB));
        s.Step(EventKind.ReaderOpened, 1, 0, 30 * 16384, 16 * Script.MiB);
        s.Peer(1);
        s.NowMicros += 60_000;
        Assert.Equal(0, Script.Blocks(s.Step(EventKind.Arrived, 1, 30, 16384), DecisionKind.Request, 1).First());
    }

    private static Decision[] Join(Script s, int id, int blocks = 1024) =>
    [
        .. s.Step(EventKind.SourceJoined, id, (int)SourceKind.Peer, 250, 40_000),
        .. s.Step(EventKind.SourceHas, id, 0, blocks),
    ];
}
