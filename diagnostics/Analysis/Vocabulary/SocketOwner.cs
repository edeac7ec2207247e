namespace Swarm.Diagnostics.Analysis;

/// <summary>The process that holds a socket.</summary>
public sealed record SocketOwner(int ProcessId, string Name)
{
    /// <summary>The container or unit the process runs in, as <c>docker 3f2a1b4c5d6e</c> or <c>nginx.service</c>; null when there is none to name.</summary>
    public string? Container { get; init; }

    /// <summary>As it is shown: <c>pid 12 nginx in docker 3f2a1b4c5d6e</c>.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"pid {ProcessId} {Name}{(Container is { } container ? $" in {container}" : "")}");
}
