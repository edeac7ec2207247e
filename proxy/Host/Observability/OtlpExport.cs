using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Swarm.Engine.Tracing;
using Swarm.Proxy.Cli;

namespace Swarm.Proxy.Observability;

/// <summary>Puts an OTLP exporter behind a pipeline: protobuf over HTTP, in batches, from a queue with an end; what does not fit is dropped, and nothing waits for it.</summary>
internal static class OtlpExport
{
    /// <summary>How long one request to a receiver may take, and how long one that does not answer may hold the end of the program, which has 5 s for all of it.</summary>
    public const int TimeoutMs = 2_000;

    private const string ServiceName = "swarmstream";

    public static MeterProviderBuilder AddOtlp(this MeterProviderBuilder builder, OtlpEndpoint endpoint) => builder
        .ConfigureResource(Describe)
        .AddOtlpExporter(options => Set(options, endpoint.Metrics));

    public static TracerProvider Traces(OtlpEndpoint endpoint) => OpenTelemetry.Sdk.CreateTracerProviderBuilder()
        .ConfigureResource(Describe)
        .AddSource(SwarmTrace.SourceName)
        .AddOtlpExporter(options => Set(options, endpoint.Traces))
        .Build();

    private static void Set(OtlpExporterOptions options, Uri signal)
    {
        options.Protocol = OtlpExportProtocol.HttpProtobuf;
        options.Endpoint = signal;
        options.TimeoutMilliseconds = TimeoutMs;
        // http_proxy may well name this very program; and what is sent is no request of a client, so that it wants no span.
        options.HttpClientFactory = static () => new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, ActivityHeadersPropagator = null })
        {
            Timeout = TimeSpan.FromMilliseconds(TimeoutMs),
        };
    }

    /// <summary>OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES have the last word.</summary>
    private static void Describe(ResourceBuilder resource) => resource
        .Clear()
        .AddService(ServiceName, serviceVersion: BuildVersion.Version)
        .AddTelemetrySdk()
        .AddEnvironmentVariableDetector();
}
