using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using Swarm.Simulation;

namespace Swarm.Core.Tests.Scheduling;

/// <summary>The state as a value, and as something that no input breaks.</summary>
public sealed class SwarmStateTests
{
    private static readonly ContentLayout Layout = ContentLayout.Single("f", 5_000_000, 1 << 18, new Hash256(1, 2, 3, 4));

    [Fact]
    public void Fork_InTheMiddleOfALog_DecidesAsTheOriginal()
    {
        var world = new World(Scenarios.Find("origin+weak swarm"), 3);
        world.Run();
        var state = new SwarmState(world.Layout, 3);
        var decisions = new DecisionBuffer();
        var half = world.Log.Count / 2;
        foreach (var e in world.Log.Take(half))
        {
            state.Step(e, decisions);
        }

        var fork = state.Fork();
        Assert.Equal(state, fork);
        Assert.Equal(state.Digest(), fork.Digest());
        DecisionDigest ours = default, theirs = default;
        foreach (var e in world.Log.Skip(half))
        {
            decisions.Clear();
            state.Step(e, decisions);
            ours.Add(decisions.Items);
            decisions.Clear();
            fork.Step(e, decisions);
            theirs.Add(decisions.Items);
        }

        Assert.NotEqual(0, ours.Count);
        Assert.Equal(ours.Value, theirs.Value);
        Assert.Equal(world.Metrics.StateDigest, fork.Digest());
    }

    [Fact]
    public void ReadFrom_WrittenState_IsEqualAndWritesTheSameBytes()
    {
        var state = Stepped();
        var written = new ArrayBufferWriter<byte>();
        state.WriteTo(written);
        var read = new SwarmState(Layout, 9);
        Assert.NotEqual(state, read);
        read.ReadFrom(written.WrittenSpan);
        Assert.Equal(state, read);
        var again = new ArrayBufferWriter<byte>();
        read.WriteTo(again);
        Assert.Equal(written.WrittenSpan.ToArray(), again.WrittenSpan.ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(100)]
    public void ReadFrom_CutState_ThrowsInvalidData(int keep)
    {
        var written = new ArrayBufferWriter<byte>();
        Stepped().WriteTo(written);
        Assert.Throws<InvalidDataException>(() => new SwarmState(Layout, 9).ReadFrom(written.WrittenSpan[..keep]));
    }

    [Fact]
    public void Fork_SteppedOn_LeavesTheOriginalAlone()
    {
        var state = Stepped();
        var before = state.Digest();
        state.Fork().Step(new(EventKind.Admitted, new(9), -1, 0, 40), new());
        Assert.Equal(before, state.Digest());
    }

    [Fact]
    public void Step_AnyEventsWhatever_NeverThrowsAndNeverAsksOutsideTheContent()
    {
        var value = Gen.OneOf(Gen.Choose(-2, 8), Gen.Choose(-100, 400), Gen.Elements(int.MinValue, int.MaxValue, 305, 306));
        var wide = Gen.OneOf(value.Select(v => (long)v), Gen.Choose(0, 6_000_000).Select(v => (long)v), Gen.Elements(long.MinValue, long.MaxValue, 5_000_000L));
        var one =
            from kind in Gen.Choose(0, 26)
            from at in Gen.Choose(0, 3_000_000)
            from id in Gen.Choose(-1, 5)
            from a in value
            from b in wide
            from c in wide
            select new SwarmEvent((EventKind)kind, new(at), id, a, b, c);
        var script = Gen.ListOf(one, 300).ToArbitrary();
        Prop.ForAll(script, events =>
        {
            var state = new SwarmState(Layout, 1);
            var decisions = new DecisionBuffer();
            foreach (var e in events)
            {
                decisions.Clear();
                state.Step(e, decisions);
                foreach (var d in decisions.Items)
                {
                    if (d.Kind is DecisionKind.Request && (d.First < 0 || d.Count <= 0 || d.Run.End > Layout.BlockCount))
                    {
                        return false;
                    }
                }
            }

            return state.Fork().Digest() == state.Digest();
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(150));
    }

    private static SwarmState Stepped()
    {
        var state = new SwarmState(Layout, 9);
        var decisions = new DecisionBuffer();
        state.Step(new(EventKind.SourceJoined, new(1), 4, (int)SourceKind.Peer, 100, 30_000), decisions);
        state.Step(new(EventKind.SourceHas, new(2), 4, 0, 306), decisions);
        state.Step(new(EventKind.Unchoked, new(3), 4), decisions);
        state.Step(new(EventKind.ReaderOpened, new(4), 1, 0, 100_000, 4_000_000), decisions);
        return state;
    }
}
