using Swarm.Discovery;

namespace Swarm.Peer.Tests.Dht;

/// <summary>When to search again, by how the last searches ended.</summary>
public sealed class DhtScheduleTests
{
    [Theory]
    [InlineData(0, 0, 1, 0, 1)] // nobody to ask: looked at again at once, and every minute in the end
    [InlineData(0, 0, 3, 0, 4)]
    [InlineData(0, 0, 20, 0, 60)]
    [InlineData(1, 0, 1, 0, 2)] // one that knows nobody: who comes next may
    [InlineData(7, 0, 4, 0, 16)]
    [InlineData(1, 0, 20, 0, 900)]
    [InlineData(8, 0, 1, 0, 15)] // all that there is, and no peer
    [InlineData(8, 0, 2, 1, 37.5)]
    [InlineData(8, 0, 20, 0, 900)]
    [InlineData(1, 3, 0, 0, 900)] // found
    [InlineData(20, 3, 0, 1, 1800)]
    public void After(int answers, int peers, int inVain, double draw, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), DhtSchedule.After(new(answers, peers, 0), inVain, draw));
}
