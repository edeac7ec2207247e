namespace Swarm.Core.Tests.Scheduling;

/// <summary>A source that answers each half second, as Transmission does: asked for what a pulse can carry, and not suspected between two.</summary>
public sealed class PulseRuleTests
{
    [Fact]
    public void Pulse_ThatAnswersEverything_IsAskedForMore_AndNothingIsTakenBack()
    {
        var (inPulse, takenBack) = Run(pulses: 14, perPulse: int.MaxValue);
        Assert.True(inPulse[^1] >= 64, $"{inPulse[^1]} blocks in the last pulse: {string.Join(' ', inPulse)}");
        Assert.Equal(0, takenBack);
    }

    [Fact]
    public void Pulse_ThatAnswersALittle_IsNotAskedForMuchMoreThanThat()
    {
        var (inPulse, _) = Run(pulses: 30, perPulse: 6, out var open);
        Assert.Equal(6, inPulse[^1]);
        Assert.InRange(open, 6, 24);
    }

    /// <summary>A player that takes a little now and then: the pauses are its own, and nobody is asked for more because of them.</summary>
    [Fact]
    public void PausesOfTheReader_AreNoPulsesOfTheSource()
    {
        var s = Script.OneFile(64 * Script.MiB);
        s.Step(EventKind.HashesKnown, -1, 0, 4096);
        s.Peer(1, rttMicros: 50, blocks: 4096);
        for (var pause = 0; pause < 14; pause++)
        {
            const int wanted = 3;
            var from = (long)pause * wanted * 16384;
            var asked = Script.Blocks(s.Step(EventKind.ReaderOpened, pause + 1, (int)ReaderHint.Bulk, from, from + (wanted * 16384)), DecisionKind.Request, 1).ToList();
            asked.AddRange(Script.Blocks(s.Wait(500_000), DecisionKind.Request, 1));
            for (var i = 0; i < asked.Count; i++)
            {
                s.NowMicros += 100;
                asked.AddRange(Script.Blocks(s.Deliver(1, asked[i]), DecisionKind.Request, 1));
            }

            Assert.Equal(wanted, asked.Count);
            s.Step(EventKind.ReaderClosed, pause + 1);
        }

        var open = Script.Blocks(s.Step(EventKind.ReaderOpened, 99, (int)ReaderHint.Bulk, 32 * Script.MiB, 64 * Script.MiB), DecisionKind.Request, 1).Count();
        Assert.InRange(open, 1, 24); // a source that pulses has 64 and more by then
    }

    private static (List<int> InPulse, int TakenBack) Run(int pulses, int perPulse) => Run(pulses, perPulse, out _);

    private static (List<int> InPulse, int TakenBack) Run(int pulses, int perPulse, out int open)
    {
        var s = Script.OneFile(64 * Script.MiB);
        s.Step(EventKind.HashesKnown, -1, 0, 4096);
        s.Step(EventKind.ReaderOpened, 1, (int)ReaderHint.Bulk, 0, 64 * Script.MiB);
        var queue = new Queue<int>();
        var takenBack = 0;
        void Note(Decision[] decisions)
        {
            foreach (var block in Script.Blocks(decisions, DecisionKind.Request, 1))
            {
                queue.Enqueue(block);
            }

            takenBack += Script.Blocks(decisions, DecisionKind.Cancel, 1).Count();
        }

        Note(s.Peer(1, rttMicros: 50, blocks: 4096));
        var inPulse = new List<int>();
        for (var pulse = 0; pulse < pulses; pulse++)
        {
            Note(s.Wait(500_000));
            var answered = Math.Min(perPulse, queue.Count);
            inPulse.Add(answered);
            for (var i = 0; i < answered; i++)
            {
                s.NowMicros += 100;
                Note(s.Deliver(1, queue.Dequeue()));
            }
        }

        open = queue.Count;
        return (inPulse, takenBack);
    }
}
