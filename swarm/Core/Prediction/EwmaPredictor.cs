using System.Buffers;

namespace Swarm.Core;

/// <summary>
/// The baseline predictor: a rate from exponentially forgotten sums of bytes and busy time (a ratio of sums, so that a burst of
/// blocks read at once is no infinite rate), and a spread from the forgotten squares of ln(took ÷ predicted).
/// </summary>
public sealed class EwmaPredictor : ITransferPredictor
{
    /// <summary>Memory of the fast rate: about as long as a queue is deep.</summary>
    private const double FastMicros = 400_000;

    /// <summary>Memory of the slow rate.</summary>
    private const double SlowMicros = 3_000_000;

    /// <summary>Spread before any sample: P(T ≤ 2 × median) ≈ 0.8.</summary>
    private const double PriorVariance = 0.6;

    private Learned[] _slots = [];

    public string Name => "ewma";

    public void Reset(int slot, long rttMicros, long priorBytesPerSecond)
    {
        if (slot >= _slots.Length)
        {
            Array.Resize(ref _slots, Math.Max(slot + 1, Math.Max(8, 2 * _slots.Length)));
        }

        _slots[slot] = new Learned { RttMicros = rttMicros, Rate = priorBytesPerSecond, SlowRate = priorBytesPerSecond, Variance = PriorVariance };
    }

    public void Observe(int slot, in TransferSample sample)
    {
        ref var s = ref _slots[slot];
        var busy = (double)Math.Max(1, sample.BusyMicros);
        Forget(ref s.FastBytes, ref s.FastBusy, FastMicros, sample.Bytes, busy);
        Forget(ref s.SlowBytes, ref s.SlowBusy, SlowMicros, sample.Bytes, busy);
        s.Rate = Rate(s.FastBytes, s.FastBusy);
        s.SlowRate = Rate(s.SlowBytes, s.SlowBusy);
        if (sample.TookMicros > 0 && sample.PredictedMicros > 0)
        {
            if (s.RttMicros == 0 || sample.TookMicros < s.RttMicros)
            {
                s.RttMicros = sample.TookMicros;
            }

            var e = DeterministicMath.Ln((double)sample.TookMicros / sample.PredictedMicros);
            s.Variance += 0.05 * (Math.Min(e * e, 4) - s.Variance);
        }
    }

    public long BytesPerSecond(int slot) => _slots[slot].Rate;

    public long SlowBytesPerSecond(int slot) => _slots[slot].SlowRate;

    public Forecast Predict(int slot, long bytesAhead, long bytes)
    {
        ref readonly var s = ref _slots[slot];
        var median = s.RttMicros + ((bytesAhead + bytes) * 1_000_000 / Math.Max(1, s.Rate));

        // A logistic of scale c has the variance (c π)² / 3.
        return new(s.RttMicros, median, Math.Max(20, (int)(1000 * Math.Sqrt(s.Variance) * 0.5513288954217920)));
    }

    public ITransferPredictor Fresh() => new EwmaPredictor();

    public void WriteTo(IBufferWriter<byte> writer)
    {
        var codec = new StateCodec(writer);
        codec.Array(ref _slots, _slots.Length);
    }

    public void ReadFrom(ReadOnlySpan<byte> source)
    {
        var codec = new StateCodec(source);
        _slots = [];
        codec.Array(ref _slots, 0);
    }

    private static void Forget(ref double bytes, ref double busy, double memoryMicros, long moreBytes, double moreBusy)
    {
        var keep = memoryMicros / (memoryMicros + moreBusy);
        bytes = (bytes * keep) + moreBytes;
        busy = (busy * keep) + moreBusy;
    }

    private static long Rate(double bytes, double busyMicros) => Math.Clamp((long)(bytes * 1_000_000 / busyMicros), 1, 100_000_000_000);

    private struct Learned
    {
        public long RttMicros;
        public long Rate;
        public long SlowRate;
        public double FastBytes;
        public double FastBusy;
        public double SlowBytes;
        public double SlowBusy;
        public double Variance;
    }
}
