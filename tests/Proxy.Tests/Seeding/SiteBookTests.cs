using Swarm.Proxy.Seeding;

namespace Swarm.Proxy.Tests.Seeding;

/// <summary>When a file is hashed, published and retired: decisions alone, no file anywhere.</summary>
public sealed class SiteBookTests
{
    private static readonly TimeSpan Still = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Retry = TimeSpan.FromMinutes(10);
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch.AddYears(50);
    private static readonly FileStamp Old = Stamp(100);
    private static readonly FileStamp New = Stamp(100, inode: 2);

    private readonly SiteBook _book = new(Still, Retry);
    private DateTimeOffset _now = Start;

    [Fact]
    public void NewFile_TouchedLongAgo_IsHashedAtOnce()
    {
        Assert.False(See(Old));
        Assert.Equal(("a", Old), _book.TakeNext(_now));
    }

    [Fact]
    public void NewFile_TouchedNow_WaitsUntilItIsStill()
    {
        See(Touched(_now));
        Assert.Null(_book.TakeNext(_now));
        Assert.Equal(Still, _book.NextDue(_now));

        _now += Still;
        Assert.NotNull(_book.TakeNext(_now));
    }

    [Fact]
    public void NewFile_TouchedInTheFuture_IsWatchedInsteadOfBelieved()
    {
        See(Touched(_now.AddYears(1)));
        Assert.Null(_book.TakeNext(_now));
        _now += Still;
        Assert.NotNull(_book.TakeNext(_now));
    }

    [Fact]
    public void FileThatGrows_IsNotHashedBeforeItRests()
    {
        for (var bytes = 1; bytes < 10; bytes++)
        {
            See(Stamp(bytes));
            Assert.True(bytes == 1 || _book.TakeNext(_now) is null);
            _now += Still / 2;
        }

        See(Stamp(9));
        _now += Still;
        Assert.Equal(("a", Stamp(9)), _book.TakeNext(_now));
    }

    [Fact]
    public void Published_ThatChanged_IsRetiredAtOnce_AndOnce()
    {
        Publish(Old);
        Assert.False(See(Old));
        Assert.True(See(New));
        Assert.False(See(New));
        Assert.Equal(1, _book.Unhashed);
    }

    [Theory]
    [InlineData(101, 1, 1, 1)]
    [InlineData(100, 2, 1, 1)]
    [InlineData(100, 1, 2, 1)]
    [InlineData(100, 1, 1, 2)]
    public void AnyPartOfTheStamp_TellsAnotherVersion(long bytes, long modified, long changed, ulong inode)
    {
        Publish(new(100, 1, 1, 1));
        Assert.True(See(new(bytes, modified, changed, inode)));
    }

    [Fact]
    public void Published_ThatIsGone_IsRetired()
    {
        Publish(Old);
        Assert.True(See(null));
        Assert.False(_book.Knows("a"));
        Assert.False(See(null));
    }

    [Fact]
    public void ChangedWhileItWasHashed_IsNotPublished()
    {
        See(Old);
        _book.TakeNext(_now);
        Assert.False(See(New));
        Assert.False(_book.IsHashing("a", Old));
        Assert.False(_book.Hashed("a", Old, _now));
    }

    [Fact]
    public void GoneWhileItWasHashed_IsNotPublished()
    {
        See(Old);
        _book.TakeNext(_now);
        See(null);
        Assert.False(_book.Hashed("a", Old, _now));
    }

    [Fact]
    public void ChangedAndChangedBackWhileItWasHashed_IsHashedAgain()
    {
        See(Old);
        _book.TakeNext(_now);
        See(New);
        See(Old);
        Assert.False(_book.Hashed("a", Old, _now));
        Assert.Equal(1, _book.Unhashed);
    }

    [Fact]
    public void FileThatChangesAgainAndAgain_WaitsLongerEachTime_UpToABound()
    {
        var inode = 10ul;
        var waits = new List<TimeSpan>();
        for (var i = 0; i < 10; i++)
        {
            See(Stamp(100, ++inode));
            waits.Add(_book.NextDue(_now)!.Value);
            _now += waits[^1];
            Assert.True(_book.Hashed("a", _book.TakeNext(_now)!.Value.Stamp, _now));
        }

        Assert.Equal([0, 6, 12, 24, 48, 96, 192, 192, 192, 192], waits.Select(w => w.TotalSeconds));

        _now += TimeSpan.FromHours(1);
        See(Stamp(100, ++inode));
        Assert.Equal(Still, _book.NextDue(_now));
    }

    [Fact]
    public void Disturbed_WaitsAndIsTakenAgain()
    {
        See(Old);
        _book.TakeNext(_now);
        _book.Disturbed("a", Old, _now);
        Assert.Null(_book.TakeNext(_now));
        _now += Still * 2;
        Assert.Equal(("a", Old), _book.TakeNext(_now));
    }

    [Fact]
    public void Refused_IsLeftAloneUntilItChangesOrTimePasses()
    {
        See(Old);
        _book.TakeNext(_now);
        _book.Refuse("a", Old, _now);
        Assert.False(See(Old));
        Assert.Equal(0, _book.Unhashed);

        _now += Retry;
        Assert.False(See(Old));
        Assert.Equal(1, _book.Unhashed);
    }

    [Fact]
    public void SmallFiles_ComeFirst_AndEachOnce()
    {
        _book.See("big", Stamp(900), _now);
        _book.See("small", Stamp(1), _now);
        _book.See("middle", Stamp(30), _now);
        Assert.Equal(["small", "middle", "big"], Enumerable.Range(0, 3).Select(_ => _book.TakeNext(_now)!.Value.Path));
        Assert.Null(_book.TakeNext(_now));
        Assert.Null(_book.NextDue(_now));
    }

    [Fact]
    public void Restored_IsPublishedWithoutHashing()
    {
        _book.Restore("a", Old, _now);
        Assert.False(See(Old));
        Assert.Equal(0, _book.Unhashed);
        Assert.True(See(New));
    }

    private static FileStamp Stamp(long bytes, ulong inode = 1) => new(bytes, 1, 1, inode);

    private static FileStamp Touched(DateTimeOffset at) => new(100, 1, (at - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick, 1);

    private bool See(FileStamp? stamp) => _book.See("a", stamp, _now);

    private void Publish(FileStamp stamp)
    {
        See(stamp);
        Assert.NotNull(_book.TakeNext(_now));
        Assert.True(_book.Hashed("a", stamp, _now));
    }
}
