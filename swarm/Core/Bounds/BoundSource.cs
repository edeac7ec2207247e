namespace Swarm.Core;

/// <summary>One source of a plan: after <paramref name="LeadMicros"/> (its round trips) it delivers at its rate.</summary>
/// <param name="BytesPerSecond">What it could deliver at best.</param>
/// <param name="LeadMicros">Time to its first byte: k round trips and what it thinks; see <see cref="Bounds"/> for k.</param>
public readonly record struct BoundSource(long BytesPerSecond, long LeadMicros);
