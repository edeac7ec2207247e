namespace Swarm.Proxy.Cli;

/// <summary>What a node answered: the value asked for, or one sentence why not.</summary>
/// <param name="Body">The JSON as it came; empty without a value.</param>
internal readonly record struct NodeAnswer<T>(T? Value, string? Problem, int Status, ReadOnlyMemory<byte> Body)
    where T : class
{
    /// <summary>True if the node could not be reached: it has ended, or another one runs by now.</summary>
    public bool IsGone => Value is null && Status == 0;
}
