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
    private const string ServiceName = "swarmstream";

    /// <summary>
    /// A receiver that does not answer may hold the end of the program for so long, less than the 5 s in which it has to end. The last batch
    /// is tried again within it.
    /// </summary>
    private const int TimeoutMs = 2_000;

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
