using FsCheck;
using FsCheck.Fluent;
using Swarm.Core;

namespace Swarm.Store.Tests;

/// <summary>The states of a block and every step that is taken between them.</summary>
public sealed class UnitStateTests
{
    private const int Block = 5;
    private static readonly Hash256 Leaf = new(1, 2, 3, 4);

    public enum State
    {
        Absent,
        AbsentInFlight,
        Suspect,
        SuspectInFlight,
        Present,
        Durable,
    }

    public enum Step
    {
        Begin,
        EndWritten,
        EndFailed,
        EndSynced,
        Prove,
        Drop,
        Doubt,
    }

    public static TheoryData<State, Step, State> Steps => new()
    {
        { State.Absent, Step.Begin, State.AbsentInFlight },
        { State.Absent, Step.EndSynced, State.Absent },
        { State.Absent, Step.Drop, State.Absent },
        { State.AbsentInFlight, Step.EndWritten, State.Present },
        { State.AbsentInFlight, Step.EndFailed, State.Absent },
        { State.AbsentInFlight, Step.EndSynced, State.AbsentInFlight },
        { State.AbsentInFlight, Step.Drop, State.AbsentInFlight },
        { State.Absent, Step.Doubt, State.Absent },
        { State.AbsentInFlight, Step.Doubt, State.AbsentInFlight },
        { State.Suspect, Step.Doubt, State.Suspect },
        { State.SuspectInFlight, Step.Doubt, State.SuspectInFlight },
        { State.Present, Step.Doubt, State.Present },
        { State.Durable, Step.Doubt, State.Suspect },
        { State.Suspect, Step.Begin, State.SuspectInFlight },
        { State.Suspect, Step.EndSynced, State.Suspect },
        { State.Suspect, Step.Prove, State.Durable },
        { State.Suspect, Step.Drop, State.Absent },
        { State.SuspectInFlight, Step.EndWritten, State.Present },
        { State.SuspectInFlight, Step.EndFailed, State.Suspect },
        { State.SuspectInFlight, Step.EndSynced, State.SuspectInFlight },
        { State.SuspectInFlight, Step.Drop, State.AbsentInFlight },
        { State.Present, Step.EndSynced, State.Durable },
        { State.Present, Step.Drop, State.Absent },
        { State.Durable, Step.EndSynced, State.Durable },
        { State.Durable, Step.Drop, State.Absent },
    };

    [Theory]
    [MemberData(nameof(Steps))]
    public void Step_FromEachState_LeadsToOne(State from, Step step, State to)
    {
        var unit = Make(from);
        Take(unit, Block, step);
        Assert.Equal(to, StateOf(unit, Block));
    }

    [Theory]
    [InlineData(State.Absent, true, false, false, false)]
    [InlineData(State.AbsentInFlight, false, false, true, false)]
    [InlineData(State.Suspect, true, true, false, true)]
    [InlineData(State.SuspectInFlight, false, true, true, false)]
    [InlineData(State.Present, false, true, false, false)]
    [InlineData(State.Durable, false, true, false, false)]
    public void State_AnswersWhatMayHappen(State state, bool canBegin, bool kept, bool inFlight, bool inDoubt)
    {
        var unit = Make(state);
        var bit = UnitBits.BitOf(Block);
        Assert.Equal(canBegin, unit.CanBegin(bit));
        Assert.Equal(kept, unit.IsKept(bit));
        Assert.Equal(inFlight, unit.IsInFlight(bit));
        Assert.Equal(inDoubt, unit.IsInDoubt(bit));
    }

    [Fact]
    public void Steps_OfManyBlocks_DoNotTouchTheirNeighbours()
    {
        var allowed = Steps.Select(row => row.Data).ToDictionary(d => (d.Item1, d.Item2), d => d.Item3);
        Prop.ForAll(ArbMap.Default.ArbFor<(byte Block, byte Step)[]>(), steps =>
        {
            var unit = new UnitState();
            var expected = new State[UnitRow.Blocks];
            foreach (var (b, s) in steps)
            {
                var block = b % UnitRow.Blocks;
                var step = (Step)(s % 6);
                if (allowed.TryGetValue((expected[block], step), out var next))
                {
                    Take(unit, block, step);
                    expected[block] = next;
                }
            }

            Assert.Equal(expected, Enumerable.Range(0, UnitRow.Blocks).Select(block => StateOf(unit, block)));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Row_Restored_TrustsOnlyWhatIsKeptAndTrusted()
    {
        var unit = new UnitState(new UnitRow(0, 1, 0b1111, 0b0111, new Hash256[UnitRow.Blocks]), kept: 0b1110, trusted: 0b0011);
        Assert.Equal(0b0010UL, unit.Present);
        Assert.Equal(0b1100UL, unit.Suspect);
    }

    [Fact]
    public void ToRow_SaysWhatSurvivesAPowerLoss()
    {
        var unit = new UnitState(new UnitRow(0, 1, 0b11, 0b01, new Hash256[UnitRow.Blocks]), kept: 0b11, trusted: 0b01);
        unit.Begin(1UL << 6);
        unit.Begin(1UL << 7);
        unit.EndWritten(6, Leaf);
        Assert.Equal(0b11UL, unit.ToRow(3, 9).Present);
        unit.EndSynced(1UL << 6);
        var row = unit.ToRow(3, 9);
        Assert.Equal((3, 9L, 0b1000011UL, 0b1000001UL), (row.Unit, row.Epoch, row.Present, row.Trusted));
        Assert.Equal(Leaf, row.Leaves[6]);
    }

    private static UnitState Make(State state)
    {
        var bit = UnitBits.BitOf(Block);
        var wasSuspect = state is State.Suspect or State.SuspectInFlight;
        var unit = new UnitState(new UnitRow(0, 1, bit, 0, new Hash256[UnitRow.Blocks]), kept: wasSuspect ? bit : 0, trusted: 0);
        if (state is not (State.Absent or State.Suspect))
        {
            unit.Begin(bit);
        }

        if (state is State.Present or State.Durable)
        {
            unit.EndWritten(Block, Leaf);
        }

        unit.EndSynced(state == State.Durable ? bit : 0);
        Assert.Equal(state, StateOf(unit, Block));
        return unit;
    }

    private static void Take(UnitState unit, int block, Step step)
    {
        var bit = UnitBits.BitOf(block);
        switch (step)
        {
            case Step.Begin:
                unit.Begin(bit);
                break;
            case Step.EndWritten:
                unit.EndWritten(block, Leaf);
                break;
            case Step.EndFailed:
                unit.EndFailed(bit);
                break;
            case Step.EndSynced:
                unit.EndSynced(bit);
                break;
            case Step.Prove:
                unit.Prove(bit);
                break;
            case Step.Drop:
                unit.Drop(bit);
                break;
            case Step.Doubt:
                unit.Doubt();
                break;
        }
    }

    private static State StateOf(UnitState unit, int block)
    {
        var bit = UnitBits.BitOf(block);
        return (Present: (unit.Present & bit) != 0, Suspect: (unit.Suspect & bit) != 0, InFlight: unit.IsInFlight(bit), Durable: (unit.ToRow(0, 0).Trusted & bit) != 0) switch
        {
            (false, false, false, false) => State.Absent,
            (false, false, true, false) => State.AbsentInFlight,
            (false, true, false, false) => State.Suspect,
            (false, true, true, false) => State.SuspectInFlight,
            (true, false, false, false) => State.Present,
            (true, false, false, true) => State.Durable,
            var impossible => throw new InvalidOperationException($"no block may be {impossible}"),
        };
    }
}
