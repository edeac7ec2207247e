using System.Net;

namespace Swarm.Lab.Hostile;

/// <summary>One way in which an origin makes programs write a wrong file.</summary>
/// <param name="Number">In the order of the README's table.</param>
/// <param name="Name">What the origin does, in the table's words.</param>
/// <param name="Right">The files a client may end with; none where only an error is right.</param>
/// <param name="Serve">Answers one request.</param>
internal sealed record Trap(int Number, string Name, byte[][] Right, Func<HostileExchange, Task> Serve)
{
    /// <summary>What other clients do before, by the same way: the proxy, or null for directly.</summary>
    public Func<Uri, IPEndPoint?, CancellationToken, Task>? Before { get; init; }

    /// <summary>What other clients do at the same time; its exceptions fail the trap.</summary>
    public Func<Uri, IPEndPoint?, CancellationToken, Task>? Meanwhile { get; init; }

    /// <summary>A field that the tool's request carries.</summary>
    public string? RequestField { get; init; }

    /// <summary>Over TLS: directly with the test's authority, or by the gateway.</summary>
    public bool IsHttps { get; init; }
}
