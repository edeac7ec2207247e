namespace Swarm.Diagnostics.Tcp;

/// <summary>How a sweep went.</summary>
/// <param name="Problem">Why it could not be done to the end; null when it was.</param>
/// <param name="CutDatagrams">Answers that ended inside a message; sockets of theirs are missing.</param>
public readonly record struct SweepResult(string? Problem, int CutDatagrams);
