using System.Buffers;

namespace Swarm.Core.Tests.Prediction;

/// <summary>What the baseline predictor learns, and its forecast as a distribution.</summary>
public sealed class EwmaPredictorTests
{
    [Fact]
    public void SteadySource_RateIsBytesOverBusyTime()
    {
        var p = Taught(50, 16384, 16_384);
        Assert.Equal(1_000_000, p.BytesPerSecond(0));
        Assert.Equal(1_000_000, p.SlowBytesPerSecond(0));
    }

    [Fact]
    public void Burst_OfBlocksReadAtOnce_IsNoInfiniteRate()
    {
        var p = new EwmaPredictor();
        p.Reset(0, 40_000, 200_000);
        for (var i = 0; i < 100; i++)
        {
            p.Observe(0, new(16384, i % 4 == 0 ? 65_536 : 1, 0, 0));
        }

        Assert.InRange(p.BytesPerSecond(0), 700_000, 1_400_000);
    }

    [Fact]
    public void Silence_GivenUp_IsRememberedAsItsRate()
    {
        var p = Taught(50, 16384, 16_384);
        p.Observe(0, new(256, 2_000_000, 0, 0));
        Assert.InRange(p.BytesPerSecond(0), 1, 200_000);
    }

    [Fact]
    public void Forecast_QuantileAndDistribution_AreInverse()
    {
        var f = new Forecast(40_000, 90_000, 300);
        Assert.Equal(90_000, f.QuantileMicros(500_000));
        foreach (var ppm in new[] { 10_000, 100_000, 500_000, 900_000, 990_000 })
        {
            Assert.InRange(f.PartsPerMillionBy(f.QuantileMicros(ppm)), ppm - 50, ppm + 50);
        }

        Assert.Equal(0, f.PartsPerMillionBy(40_000));
        Assert.True(f.QuantileMicros(950_000) > f.QuantileMicros(500_000));
    }

    [Fact]
    public void Forecast_NoisySource_IsWiderThanASteadyOne()
    {
        var steady = Taught(200, 16384, 16_384);
        var noisy = new EwmaPredictor();
        noisy.Reset(0, 10_000, 200_000);
        var random = new SplitMix64(1);
        for (var i = 0; i < 200; i++)
        {
            var micros = 4000 + random.Next(60_000);
            noisy.Observe(0, new(16384, micros, micros + 10_000, 40_000));
        }

        Assert.True(noisy.Predict(0, 0, 16384).SpreadMilli > 2 * steady.Predict(0, 0, 16384).SpreadMilli);
    }

    [Fact]
    public void WrittenAndRead_PredictsTheSame()
    {
        var p = Taught(10, 16384, 9000);
        var bytes = new ArrayBufferWriter<byte>();
        p.WriteTo(bytes);
        var q = p.Fresh();
        q.ReadFrom(bytes.WrittenSpan);
        Assert.Equal(p.Predict(0, 100_000, 16384), q.Predict(0, 100_000, 16384));
    }

    private static EwmaPredictor Taught(int samples, long bytes, long micros)
    {
        var p = new EwmaPredictor();
        p.Reset(0, 10_000, 200_000);
        for (var i = 0; i < samples; i++)
        {
            p.Observe(0, new(bytes, micros, micros + 10_000, micros + 10_000));
        }

        return p;
    }
}
