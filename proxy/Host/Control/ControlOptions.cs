using System.Net;
using Swarm.Proxy.Lifetime;
using Swarm.Proxy.Observability;

namespace Swarm.Proxy.Control;

/// <summary>What the control listener starts with.</summary>
/// <param name="Meters">Our meters that <c>/metrics</c> shows; nodes that share a process name their own.</param>
/// <param name="Sockets">Ports that were opened for this process; null for none.</param>
/// <param name="Otlp">Who is sent metrics and traces; null for nobody.</param>
/// <param name="SocketFolder">Where <see cref="ControlSocket"/> is made; null: the API is on the port alone.</param>
internal sealed record ControlOptions(
    IPEndPoint Listen, ControlToken Token, NodeFacts Node, TimeProvider Time, ILoggerFactory Logs, string Meters = "Swarm.*", string? SocketFolder = null, PassedSockets? Sockets = null,
    OtlpEndpoint? Otlp = null)
{
    /// <summary>The largest metainfo that is taken: 10 MiB describe some 10 TB in 1 MiB v1 pieces times 20.</summary>
    public const long BodyLimitBytes = 10 << 20;

    /// <summary>Event streams open at once; a page needs one.</summary>
    public const int EventStreamLimit = 16;

    /// <summary>Between status events: three a second reads as live and costs a serialisation each.</summary>
    public static readonly TimeSpan StatusInterval = TimeSpan.FromMilliseconds(333);
}
