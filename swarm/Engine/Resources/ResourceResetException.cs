namespace Swarm.Engine;

/// <summary>The response under way cannot be finished with right bytes: the connection must be reset, never ended cleanly.</summary>
public sealed class ResourceResetException(string reason) : IOException(reason);
