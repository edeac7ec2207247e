namespace Swarm.Engine.Tests;

public sealed class UplinkMeterTests
{
    private const long Second = 1_000_000;

    /// <summary>A line with a queue: what is offered above its capacity waits in it, as far as it has room, and everybody's round trips with it.</summary>
    private sealed class Line(long bytesPerSecond, long queueBytes = 250_000)
    {
        private long _queued;

        public long Capacity { get; set; } = bytesPerSecond;

        public (long Sent, long DelayMicros) Offer(long bytes)
        {
            var room = Capacity + queueBytes - _queued;
            var sent = Math.Min(bytes, room);
            _queued = Math.Max(0, _queued + sent - Capacity);
            return (sent, _queued * 1_000_000 / Capacity);
        }
    }

    [Fact]
    public void FullLine_IsMeasured_AndUploadsStayAt85PercentOfIt()
    {
        var meter = new UplinkMeter();
        var (used, delays) = Play(meter, new Line(1_000_000), seconds: 50);

        Assert.InRange(meter.CapacityBytesPerSecond!.Value, 950_000, 1_150_000);
        Assert.InRange(used[^1], 800_000, 1_000_000);
        Assert.True(delays[^1] < 60_000, $"the queue stands at {delays[^1]} µs");
    }

    [Fact]
    public void LineThatNeverQueues_IsNeverLimited()
    {
        var meter = new UplinkMeter();
        for (var s = 1; s < 100; s++)
        {
            meter.Sample(new(s * Second), Second, 1_000_000_000, isBusy: true, delayMicros: 5_000);
        }

        Assert.Null(meter.LimitBytesPerSecond);
    }

    [Fact]
    public void DelayOfOthersTraffic_WithoutOurs_IsNoMeasurement()
    {
        var meter = new UplinkMeter();
        for (var s = 1; s < 100; s++)
        {
            meter.Sample(new(s * Second), Second, 0, isBusy: false, delayMicros: 500_000);
        }

        Assert.Null(meter.LimitBytesPerSecond);
    }

    [Fact]
    public void OneDelayedSample_IsNoMeasurement()
    {
        var meter = new UplinkMeter();
        meter.Sample(new(Second), Second, 500_000, isBusy: true, delayMicros: 200_000);
        meter.Sample(new(2 * Second), Second, 500_000, isBusy: true, delayMicros: 1_000);
        meter.Sample(new(3 * Second), Second, 500_000, isBusy: true, delayMicros: 200_000);

        Assert.Null(meter.LimitBytesPerSecond);
    }

    [Fact]
    public void LineThatGrew_IsFoundOut_WithinMinutes()
    {
        var meter = new UplinkMeter();
        var line = new Line(1_000_000);
        Play(meter, line, seconds: 50);
        line.Capacity = 4_000_000;

        var (used, _) = Play(meter, line, seconds: 400, from: 50);

        Assert.InRange(used.Max(), 3_000_000, 4_400_000);
    }

    private static (List<long> Used, List<long> Delays) Play(UplinkMeter meter, Line line, int seconds, int from = 0)
    {
        var used = new List<long>();
        var delays = new List<long>();
        for (var s = 1; s <= seconds; s++)
        {
            var limit = meter.LimitBytesPerSecond ?? long.MaxValue;
            var (sent, delay) = line.Offer(Math.Min(limit, 10_000_000));
            meter.Sample(new((from + s) * Second), Second, sent, isBusy: meter.LimitBytesPerSecond is null, delay);
            used.Add(sent);
            delays.Add(delay);
        }

        return (used, delays);
    }
}
