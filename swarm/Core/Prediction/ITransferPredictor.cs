using System.Buffers;

namespace Swarm.Core;

/// <summary>
/// Learns how fast each source is and predicts when a block will be whole. Pure: what it knows came through
/// <see cref="Observe"/>. Slots are small dense numbers that the scheduler reuses.
/// </summary>
public interface ITransferPredictor
{
    string Name { get; }

    /// <summary>A new source takes the slot: forget the old one.</summary>
    void Reset(int slot, long rttMicros, long priorBytesPerSecond);

    void Observe(int slot, in TransferSample sample);

    /// <summary>Bytes a second while busy; the prior before the first sample.</summary>
    long BytesPerSecond(int slot);

    /// <summary>The same over a longer memory: against it a slowdown shows.</summary>
    long SlowBytesPerSecond(int slot);

    /// <summary>Time from now until <paramref name="bytes"/> are here, with <paramref name="bytesAhead"/> already asked of the source.</summary>
    Forecast Predict(int slot, long bytesAhead, long bytes);

    /// <summary>An untaught predictor of the same kind and settings.</summary>
    ITransferPredictor Fresh();

    void WriteTo(IBufferWriter<byte> writer);

    /// <exception cref="InvalidDataException">Not written by this kind of predictor.</exception>
    void ReadFrom(ReadOnlySpan<byte> source);
}
