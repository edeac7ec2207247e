using FsCheck;
using FsCheck.Fluent;

namespace Swarm.Core.Tests.Events;

/// <summary>The wire forms of the log.</summary>
public sealed class EventTests
{
    [Fact]
    public void SwarmEvent_Written_ReadsBackEqual()
    {
        var number = Gen.Elements(0, 1, -1, int.MinValue, int.MaxValue, 12345);
        var wide = Gen.Elements(0L, -1L, long.MinValue, long.MaxValue, 1L << 40);
        var events =
            from kind in Gen.Choose(0, 255)
            from at in wide
            from id in number
            from a in number
            from b in wide
            from c in wide
            select new SwarmEvent((EventKind)kind, new(at), id, a, b, c);
        Prop.ForAll(events.ToArbitrary(), e =>
        {
            var bytes = new byte[SwarmEvent.Size];
            e.Write(bytes);
            return SwarmEvent.Read(bytes) == e;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Decision_Written_HasItsLayout()
    {
        var bytes = new byte[Decision.Size];
        new Decision(DecisionKind.Cancel, 1, 2, 3, new(4)).Write(bytes);
        Assert.Equal("020100000002000000030000000400000000000000", Convert.ToHexString(bytes));
    }

    [Fact]
    public void DecisionDigest_OrderFieldAndCount_AllMatter()
    {
        Decision[] log = [new(DecisionKind.Request, 1, 2, 3, new(4)), new(DecisionKind.Cancel, 1, 2, 3, new(4))];
        var seen = new HashSet<ulong>
        {
            Digest(log),
            Digest([log[1], log[0]]),
            Digest([log[0]]),
            Digest([log[0], log[1] with { Source = 2 }]),
            Digest([log[0], log[1] with { First = 3 }]),
            Digest([log[0], log[1] with { Count = 4 }]),
            Digest([log[0], log[1] with { At = new(5) }]),
        };
        Assert.Equal(7, seen.Count);
        Assert.Equal(Digest(log), Digest(log));
    }

    [Fact]
    public void DecisionBuffer_ManyAdded_KeepsThemInOrder()
    {
        var buffer = new DecisionBuffer();
        for (var i = 0; i < 1000; i++)
        {
            buffer.Add(new(DecisionKind.Request, i, i, 1, default));
        }

        Assert.Equal(Enumerable.Range(0, 1000), buffer.Items.ToArray().Select(d => d.Source));
        buffer.Clear();
        Assert.Equal(0, buffer.Items.Length);
    }

    private static ulong Digest(Decision[] decisions)
    {
        var digest = default(DecisionDigest);
        digest.Add(decisions);
        return digest.Value;
    }
}
