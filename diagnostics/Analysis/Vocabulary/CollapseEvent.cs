namespace Swarm.Diagnostics.Analysis;

/// <summary>One collapse as bracketed: when, of which socket, how long, what it removed.</summary>
public readonly record struct CollapseEvent(
    long AtMicros, ulong Cookie, long DurationNanos, long SkbsBefore, long SkbsAfter, long RmemBeforeBytes, long RmemAfterBytes, long RcvbufBytes);
