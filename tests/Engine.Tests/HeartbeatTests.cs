using Swarm.Testing;

namespace Swarm.Engine.Tests;

public sealed class HeartbeatTests
{
    private readonly FakeTime _time = new();

    [Fact]
    public void Busy_BeatsEachSecond_IdleEveryEighth_InTurns()
    {
        var heart = new Heartbeat(_time);
        var busy = new Member { IsBusy = true };
        var idle = Enumerable.Range(0, 16).Select(_ => new Member()).ToArray();
        heart.Add(busy);
        Array.ForEach(idle, heart.Add);
        for (var second = 0; second < 80; second++)
        {
            var before = idle.Sum(m => m.Beats);
            _time.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal(2, idle.Sum(m => m.Beats) - before);
        }

        Assert.Equal(80, busy.Beats);
        Assert.All(idle, m => Assert.Equal(10, m.Beats));
    }

    [Fact]
    public void OneThatLeft_BeatsNoMore_AndAnEmptyHeartStandsStill()
    {
        var heart = new Heartbeat(_time);
        var member = new Member { IsBusy = true };
        heart.Add(member);
        _time.Advance(TimeSpan.FromSeconds(1));
        heart.Remove(member);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(1, member.Beats);

        heart.Add(member);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(2, member.Beats);
    }

    private sealed class Member : IBeat
    {
        public int Beats { get; private set; }

        public bool IsBusy { get; init; }

        public void Beat() => Beats++;
    }
}
