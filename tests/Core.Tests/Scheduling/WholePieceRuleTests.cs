namespace Swarm.Core.Tests.Scheduling;

/// <summary>Where pieces verify whole: the window, the trial of a piece that failed, the piece that is traded.</summary>
public sealed class WholePieceRuleTests
{
    private const int PerPiece = 64;

    [Fact]
    public void Window_EndsBehindAWholePiece_EvenPastTheRange()
    {
        var s = V1();
        s.Step(EventKind.ReaderOpened, 1, 0, 100_000, 200_000);
        s.Peer(1);
        s.NowMicros += 50_000;
        var asked = Drain(s, 1).ToHashSet();
        Assert.Equal(Enumerable.Range(0, PerPiece), asked.Order());
    }

    [Fact]
    public void Trial_OnlyTheWitnessIsAsked_ForThePieceThatFailed()
    {
        var s = Failed(witness: 1);
        var asked = Drain(s, 1, 2);
        Assert.DoesNotContain(s.AskedOf(2), b => b < PerPiece);
        Assert.Contains(asked, b => b < PerPiece);
        Assert.Contains(s.AskedOf(2), b => b >= PerPiece);
    }

    [Fact]
    public void Trial_WithoutAWitness_EveryoneIsAsked()
    {
        var s = Failed(witness: 0);
        Drain(s, 1, 2);
        Assert.Contains(s.AskedOf(2), b => b < PerPiece);
        Assert.Contains(s.AskedOf(1), b => b < PerPiece);
    }

    [Fact]
    public void Trial_WitnessLeaves_TheOthersTakeOver()
    {
        var s = Failed(witness: 1);
        s.Step(EventKind.SourceLeft, 1);
        s.Wait(100_000);
        Drain(s, 2);
        Assert.Contains(s.AskedOf(2), b => b < PerPiece);
    }

    [Fact]
    public void Trial_WitnessTakesTooLong_TheOthersTakeOver()
    {
        var s = Failed(witness: 1);
        s.Wait(9_000_000);
        Drain(s, 2);
        Assert.Contains(s.AskedOf(2), b => b < PerPiece);
    }

    [Fact]
    public void Trial_OfTheLastPiece_TheSlowerWitnessIsAskedForAllOfIt_ThoughAnotherWouldBeSooner()
    {
        var s = Failed(witness: 2, new(ContentLayout.Single("f", Script.MiB, (int)Script.MiB)));
        for (var micros = 0; micros < 4_000_000; micros += 40_000)
        {
            s.NowMicros += 40_000;
            s.ArriveNext(2);
        }

        Assert.Equal(Enumerable.Range(0, PerPiece), s.AskedOf(2).Distinct().Order());
        Assert.Empty(s.AskedOf(1));
    }

    [Fact]
    public void Trial_EndsWithTheVerdict()
    {
        var s = Failed(witness: 1);
        s.Step(EventKind.HashesKnown, -1, 0, PerPiece);
        s.Step(EventKind.Lost, -1, 0, PerPiece);
        Drain(s, 1, 2);
        Assert.Contains(s.AskedOf(2), b => b < PerPiece);
    }

    [Fact]
    public void Corrupt_ForABlockThatIsHereAlready_OnlyBans()
    {
        var s = V1();
        s.Step(EventKind.ReaderOpened, 1, 0, 0, 16 * Script.MiB);
        s.Peer(1);
        s.Step(EventKind.Admitted, -1, 0, PerPiece);
        var decisions = s.Step(EventKind.Corrupt, 1, 3);
        Assert.Single(decisions, d => d is { Kind: DecisionKind.Ban, Source: 1, First: 3 });
        Assert.True(s.State.Has(3));
    }

    [Fact]
    public void Lost_ABlockThatWaitedForItsPiece_IsAskedForAgain()
    {
        var s = V1();
        s.Step(EventKind.ReaderOpened, 1, 0, 0, 16 * Script.MiB);
        s.Peer(1);
        s.NowMicros += 50_000;
        var block = s.AskedOf(1).First();
        s.ArriveNext(1);
        s.Step(EventKind.Lost, -1, block, 1);
        Drain(s, 1);
        Assert.Equal(2, s.AskedOf(1).Count(b => b == block));
    }

    [Fact]
    public void State_WithATrial_SurvivesSavingAndForking()
    {
        var s = Failed(witness: 1);
        var fork = s.State.Fork();
        Assert.Equal(s.State, fork);
        Assert.Equal(s.State.Digest(), fork.Digest());
    }

    private static Recorder V1() => new(ContentLayout.Single("f", 16 * Script.MiB, (int)Script.MiB));

    /// <summary>Two proven peers; the first piece arrived and failed.</summary>
    private static Recorder Failed(int witness, Recorder? of = null)
    {
        var s = of ?? V1();
        s.Step(EventKind.ReaderOpened, 1, (int)ReaderHint.Bulk, 0, 16 * Script.MiB);
        s.Peer(1);
        s.Peer(2);
        s.NowMicros += 50_000;
        while (!Enumerable.Range(0, PerPiece).All(b => s.Arrived.Contains(b)))
        {
            s.ArriveNext(1);
            s.ArriveNext(2);
        }

        s.ClearAsked();
        for (var block = 0; block < PerPiece; block++)
        {
            s.Arrived.Remove(block);
            s.Step(EventKind.Corrupt, -1, block, witness);
        }

        return s;
    }

    private static List<int> Drain(Recorder s, params int[] sources)
    {
        var asked = new List<int>();
        for (var i = 0; i < 400; i++)
        {
            s.NowMicros += 5_000;
            foreach (var source in sources)
            {
                asked.AddRange(s.ArriveNext(source));
            }
        }

        return [.. asked, .. sources.SelectMany(s.AskedOf)];
    }

    /// <summary>A script that keeps what each source was asked for, and lets it deliver in order.</summary>
    private sealed class Recorder(ContentLayout layout)
    {
        private readonly Script _script = new(layout);
        private readonly Dictionary<int, Queue<int>> _open = [];
        private readonly List<(int Source, int Block)> _asked = [];

        public HashSet<int> Arrived { get; } = [];

        public SwarmState State => _script.State;

        public long NowMicros { get => _script.NowMicros; set => _script.NowMicros = value; }

        public Decision[] Step(EventKind kind, int id, int a = 0, long b = 0, long c = 0) => Note(_script.Step(kind, id, a, b, c));

        public Decision[] Wait(long micros) => Note(_script.Wait(micros));

        public Decision[] Peer(int id) => Note(_script.Peer(id));

        private Decision[] Note(Decision[] decisions)
        {
            foreach (var d in decisions.Where(d => d.Kind == DecisionKind.Request))
            {
                foreach (var block in Enumerable.Range(d.First, d.Count))
                {
                    _asked.Add((d.Source, block));
                    (_open.TryGetValue(d.Source, out var queue) ? queue : _open[d.Source] = new()).Enqueue(block);
                }
            }

            return decisions;
        }

        public IEnumerable<int> AskedOf(int source) => _asked.Where(a => a.Source == source).Select(a => a.Block);

        public void ClearAsked() => _asked.Clear();

        public IEnumerable<int> ArriveNext(int source)
        {
            if (!_open.TryGetValue(source, out var queue) || !queue.TryDequeue(out var block))
            {
                return [];
            }

            NowMicros += 1_000;
            Arrived.Add(block);
            return [.. Step(EventKind.Arrived, source, block, 16384).Where(d => d.Kind == DecisionKind.Request).SelectMany(d => Enumerable.Range(d.First, d.Count))];
        }
    }
}
