namespace Swarm.Fuzz;

/// <summary>A property of a target that an input broke.</summary>
public sealed class FuzzFailureException(string message) : Exception(message);
