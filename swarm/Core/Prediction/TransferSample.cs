namespace Swarm.Core;

/// <summary>One finished (or given up) transfer of a block, as a predictor learns from it.</summary>
/// <param name="Bytes">Bytes that came.</param>
/// <param name="BusyMicros">
/// Time the source needed for them: since the previous arrival or since the request could first have been answered,
/// whichever is later. So pipelining does not bias it, and idle time is not slowness.
/// </param>
/// <param name="TookMicros">From request to the whole block; 0 when it never came.</param>
/// <param name="PredictedMicros">The median predicted when it was asked for; 0 = none.</param>
public readonly record struct TransferSample(long Bytes, long BusyMicros, long TookMicros, long PredictedMicros);
