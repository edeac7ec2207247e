using Swarm.Testing;

namespace Swarm.Engine.Tests;

public sealed class TrackerComplaintsTests
{
    private readonly FakeTime _time = new();

    [Fact]
    public void DeadTracker_OfTenTorrents_IsToldOnce_ThenEachTimeAfterTwiceAsLong()
    {
        var complaints = new TrackerComplaints(_time);
        var told = new List<(double Minutes, int Unsaid)>();
        for (var minute = 0; minute < 24 * 60; minute++)
        {
            for (var torrent = 0; torrent < 10; torrent++)
            {
                if (complaints.Failed("dead.example", out var unsaid))
                {
                    told.Add((minute, unsaid));
                }
            }

            _time.Advance(TimeSpan.FromMinutes(1));
        }

        // 15 minutes, then 30, 60, 120 … of silence; what was not told is counted in the next line.
        Assert.Equal([(0, 0), (15, 149), (45, 299), (105, 599), (225, 1199), (465, 2399), (945, 4799)], told);
    }

    [Fact]
    public void OneThatAnswered_IsNewsWhenItFailsAgain()
    {
        var complaints = new TrackerComplaints(_time);
        Assert.True(complaints.Failed("a.example", out _));
        Assert.False(complaints.Failed("A.example", out _));
        complaints.Answered("a.example");
        Assert.True(complaints.Failed("a.example", out var unsaid));
        Assert.Equal(0, unsaid);
    }

    [Fact]
    public void HostsThatTorrentsName_AreNotRememberedWithoutEnd()
    {
        var complaints = new TrackerComplaints(_time);
        for (var i = 0; i <= TrackerComplaints.MaxHosts; i++)
        {
            Assert.True(complaints.Failed($"{i}.example", out _));
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        // The one told longest ago made room; the others are still known.
        Assert.False(complaints.Failed("1.example", out _));
        Assert.True(complaints.Failed("0.example", out _));
    }
}
