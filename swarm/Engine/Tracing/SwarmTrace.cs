using System.Diagnostics;
using System.Net;

namespace Swarm.Engine.Tracing;

/// <summary>
/// The spans of a request: who asked for what, of whom, by which socket, and when it was verified. While nobody listens nothing is made
/// and nothing allocated. A span names hosts and addresses; never a URL, a path or a client.
/// </summary>
public static class SwarmTrace
{
    /// <summary>The source's name; exporters subscribe to it.</summary>
    public const string SourceName = "Swarm";

    public static ActivitySource Source { get; } = new(SourceName);

    /// <summary>A step of the request whose span is current; null where that one is not traced.</summary>
    public static Activity? Step(string name, ActivityKind kind = ActivityKind.Internal) =>
        Current is { } current ? Source.StartActivity(name, kind, current.Context) : null;

    /// <summary>The current span, if it is one of ours and recorded.</summary>
    public static Activity? Current => Source.HasListeners() && Activity.Current is { IsAllDataRequested: true } current && ReferenceEquals(current.Source, Source) ? current : null;

    /// <summary>Names the two ends of the connection that the span's work went over.</summary>
    public static void SetSocket(this Activity span, IPEndPoint? local, IPEndPoint? remote)
    {
        // The names are OpenTelemetry's semantic conventions for network attributes.
        if (local is not null)
        {
            span.SetTag("network.local.port", local.Port);
        }

        if (remote is not null)
        {
            span.SetTag("network.peer.address", remote.Address.ToString());
            span.SetTag("network.peer.port", remote.Port);
        }
    }
}
