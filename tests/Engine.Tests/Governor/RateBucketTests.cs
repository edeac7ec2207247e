namespace Swarm.Engine.Tests;

public sealed class RateBucketTests
{
    private const int Part = 16_384;

    [Fact]
    public void NoLimit_NeverWaits()
    {
        var bucket = new RateBucket();
        bucket.Take(1 << 30);

        Assert.True(bucket.MayTake(new(1)));
        Assert.Equal(0, bucket.WaitMicros);
    }

    [Fact]
    public void Zero_NothingMayGo_AndNoTimeChangesThat()
    {
        var bucket = new RateBucket();
        bucket.Limit(0, new(1));

        Assert.False(bucket.MayTake(new(1_000_000_000)));
        Assert.Null(bucket.WaitMicros);
    }

    [Theory]
    [InlineData(50_000)]
    [InlineData(1_000_000)]
    [InlineData(12_345_678)]
    public void Limit_IsKept_OverTenSeconds_WithoutLosingMuchOfIt(long rate)
    {
        var bucket = new RateBucket();
        bucket.Limit(rate, new(1));
        long sent = 0, now = 1;
        const long end = 10_000_000;
        while (now < end)
        {
            if (bucket.MayTake(new(now)))
            {
                bucket.Take(Part);
                sent += Part;
            }
            else
            {
                now += bucket.WaitMicros!.Value;
            }
        }

        // A burst of 100 ms and one part that may go into debt.
        Assert.InRange(sent, (long)(0.98 * rate * 10) - Part, (long)(rate * 10.1) + Part);
    }

    [Fact]
    public void IdleTime_IsNoLongBurst()
    {
        var bucket = new RateBucket();
        bucket.Limit(1_000_000, new(1));
        Assert.True(bucket.MayTake(new(60_000_000)));
        bucket.Take(200_000);

        Assert.False(bucket.MayTake(new(60_000_000)));
        Assert.InRange(bucket.WaitMicros!.Value, 99_000, 101_000);
    }
}
