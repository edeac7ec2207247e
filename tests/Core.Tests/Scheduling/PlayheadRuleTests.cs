namespace Swarm.Core.Tests.Scheduling;

/// <summary>What a player says of its playhead: it makes blocks more or less urgent, for seconds, and does nothing else.</summary>
public sealed class PlayheadRuleTests
{
    private const long Second = 1_000_000;

    [Fact]
    public void TenSecondsBuffered_TheNextBlocksAreDueThenAndNotNow()
    {
        var untold = NextDeadline(Asking());
        var s = Asking();
        Tell(s, bufferedMicros: 10 * Second);
        var told = NextDeadline(s);
        Assert.InRange(untold, 0, 2 * Second);
        Assert.InRange(told - untold, 9 * Second, 10 * Second);
    }

    [Fact]
    public void ThreeSecondsLater_TheWordHoldsNoMore()
    {
        var s = Asking();
        Tell(s, bufferedMicros: 20 * Second);
        s.Wait(3 * Second);
        Assert.InRange(NextDeadline(s), 0, 2 * Second);
    }

    [Theory]
    [InlineData(long.MaxValue, long.MaxValue, 30 * Second)]
    [InlineData(long.MinValue, long.MinValue, 2 * Second)]
    [InlineData(-1, 1, 2 * Second)]
    [InlineData(3600 * Second, 0, 30 * Second)]
    public void AnyWord_IsBounded(long bufferedMicros, long bytesPerSecond, long dueWithinMicros)
    {
        var s = Asking();
        Tell(s, bufferedMicros, bytesPerSecond);
        Assert.InRange(NextDeadline(s), 0, dueWithinMicros);
    }

    /// <summary>A player fills its buffer as fast as a download does; only its word tells the two apart.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void FillingItsBuffer_ToldOneStaysAPlayer_UntoldOneIsTakenForADownload(bool told)
    {
        var s = Script.OneFile(64 * Script.MiB);
        s.Step(EventKind.HashesKnown, -1, 0, 4096);
        s.Step(EventKind.ReaderOpened, 1, (int)ReaderHint.Unknown, 0, 64 * Script.MiB);
        var asked = new Queue<int>(Script.Blocks(s.Peer(1, blocks: 4096), DecisionKind.Request, 1));
        var furthest = 0;
        for (var block = 0; block < 1024 && asked.TryDequeue(out var next); block++)
        {
            s.NowMicros += 10_000;
            if (told && block % 50 == 0)
            {
                Tell(s, 5 * Second, 500_000);
            }

            var more = s.Deliver(1, next).Concat(s.Step(EventKind.ReaderAdvanced, 1, 0, (next + 1L) * 16384, 1));
            foreach (var b in Script.Blocks(more, DecisionKind.Request, 1))
            {
                asked.Enqueue(b);
                furthest = Math.Max(furthest, b - next);
            }
        }

        s.Step(EventKind.SourceJoined, 2, (int)SourceKind.Peer, 250, 40_000);
        var behind = Script.Blocks([.. s.Step(EventKind.SourceHas, 2, 3000, 1096), .. s.Step(EventKind.Unchoked, 2)], DecisionKind.Request, 2);
        // A peer that has only the end of the file is of use to a download, whose window is all the memory there is.
        Assert.Equal(!told, behind.Any());
    }

    /// <summary>Whatever a player claims, each block of its range is asked for and arrives.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void ArbitraryWords_EveryBlockOfTheRangeArrives(int seed)
    {
        var random = new Random(seed);
        var s = Asking();
        var asked = new Queue<int>(Script.Blocks(s.Peer(2), DecisionKind.Request, 2));
        var got = new HashSet<int>();
        for (var steps = 0; got.Count < 256 && steps < 20_000; steps++)
        {
            s.NowMicros += 5_000;
            Tell(s, random.NextInt64(long.MinValue, long.MaxValue), random.NextInt64(long.MinValue, long.MaxValue), reader: random.Next(3));
            foreach (var b in Script.Blocks(asked.TryDequeue(out var next) && got.Add(next) ? s.Deliver(2, next) : s.Wait(50_000), DecisionKind.Request, 2))
            {
                asked.Enqueue(b);
            }

            var head = 0;
            while (got.Contains(head))
            {
                head++;
            }

            foreach (var b in Script.Blocks(s.Step(EventKind.ReaderAdvanced, 1, 0, Math.Min(head, 256) * 16384L, 1), DecisionKind.Request, 2))
            {
                asked.Enqueue(b);
            }
        }

        Assert.Equal(Enumerable.Range(0, 256), got.Order().Take(256));
    }

    /// <summary>A reader of the first 4 MiB whose head is here, and nobody to ask yet.</summary>
    private static Script Asking()
    {
        var s = Script.OneFile();
        s.Step(EventKind.HashesKnown, -1, 0, 1024);
        s.Step(EventKind.ReaderOpened, 1, (int)ReaderHint.Unknown, 0, 4 * Script.MiB);
        return s;
    }

    private static void Tell(Script s, long bufferedMicros, long bytesPerSecond = 0, int reader = 1) =>
        s.Step(EventKind.PlayheadTold, reader, 0, bufferedMicros, bytesPerSecond);

    /// <summary>From now to the deadline of the first block that a new peer is asked for.</summary>
    private static long NextDeadline(Script s) =>
        s.Peer(7).Where(d => d.Kind == DecisionKind.Request).Min(d => d.At.Micros) - s.NowMicros;
}
