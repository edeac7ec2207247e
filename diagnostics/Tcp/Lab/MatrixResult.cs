namespace Swarm.Diagnostics.Tcp.Lab;

/// <summary>How one run of the confusion matrix went.</summary>
/// <param name="FalseFindings">Healthy connections that had a verdict at any moment, in words.</param>
public sealed record MatrixResult(int Healthy, IReadOnlyList<MatrixKind> Kinds, IReadOnlyList<string> FalseFindings, int Sweeps);
