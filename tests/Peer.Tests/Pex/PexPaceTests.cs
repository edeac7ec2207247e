using Swarm.Core;
using Swarm.Discovery;

namespace Swarm.Peer.Tests;

/// <summary>How often a peer is heard that names others (BEP 11: once a minute).</summary>
public sealed class PexPaceTests
{
    [Fact]
    public void MessagesAMinuteApart_AreTaken()
    {
        var pace = default(PexPace);
        Assert.All(Enumerable.Range(0, 30), i => Assert.Equal(PexVerdict.Take, pace.Hear(At(60 * i))));
    }

    [Theory]
    [InlineData(44, PexVerdict.TooEarly)]
    [InlineData(46, PexVerdict.Take)]
    public void SecondMessage_CountsAfterThreeQuartersOfAMinute(int seconds, PexVerdict expected)
    {
        var pace = default(PexPace);
        Assert.Equal(PexVerdict.Take, pace.Hear(At(1)));
        Assert.Equal(expected, pace.Hear(At(1 + seconds)));
    }

    [Fact]
    public void SixMessagesInAMinute_AreAFlood()
    {
        var pace = default(PexPace);
        var verdicts = Enumerable.Range(1, 6).Select(i => pace.Hear(At(i))).ToArray();
        Assert.Equal([PexVerdict.Take, PexVerdict.TooEarly, PexVerdict.TooEarly, PexVerdict.TooEarly, PexVerdict.TooEarly, PexVerdict.Flood], verdicts);
    }

    [Fact]
    public void MessageEveryTwentySeconds_IsNoFlood_AndHeardOnceAMinute()
    {
        var pace = default(PexPace);
        var verdicts = Enumerable.Range(0, 90).Select(i => pace.Hear(At(1 + (20 * i)))).ToArray();
        Assert.DoesNotContain(PexVerdict.Flood, verdicts);
        Assert.Equal(30, verdicts.Count(v => v == PexVerdict.Take));
    }

    private static Instant At(int seconds) => new(seconds * 1_000_000L);
}
