namespace Swarm.Diagnostics.Analysis;

/// <summary>What a filter is asked about: a connection, its verdicts, and whose it is when that is known.</summary>
public readonly record struct FilterSubject(SocketTrack Track, IReadOnlyList<Verdict> Verdicts, SocketOwner? Owner = null, SocketLabel? Label = null);
