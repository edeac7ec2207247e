using System.Diagnostics.Metrics;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Swarm.Proxy.Cli;

namespace Swarm.Proxy.Observability;

/// <summary>The OpenTelemetry pipeline: our meters and the framework's, read by <c>/metrics</c>; the same meters and the traces of requests sent by OTLP, where that is asked for.</summary>
internal sealed class Telemetry : IDisposable
{
    /// <summary>
    /// The labels that framework meters may keep. System.Net.Http labels by server address, which would tell every reader of
    /// <c>/metrics</c> what this user fetches.
    /// </summary>
    private static readonly string[] SafeLabels =
        ["http.request.method", "http.response.status_code", "network.protocol.version", "network.type", "url.scheme",
         "gc.heap.generation", "cpu.mode", "state", "http.connection.state"];

    /// <summary>Seconds; the SDK's default boundaries are meant for milliseconds.</summary>
    private static readonly double[] SecondBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    /// <summary>One for the process and without end: meters of the same name are one to the SDK, and the first of them that ends ends the others' instruments.</summary>
    private static readonly Meter Build = MeterOfBuild();

    private readonly PrometheusExporter _exporter = new();
    private readonly MeterProvider _provider;
    private readonly TracerProvider? _traces;

    /// <param name="ownMeters">Names of our meters; <c>Swarm.*</c> takes all of the process.</param>
    /// <param name="otlp">Who is sent metrics and traces; null for nobody: then no span is made.</param>
    public Telemetry(string ownMeters = "Swarm.*", OtlpEndpoint? otlp = null)
    {
        var builder = Sdk.CreateMeterProviderBuilder()
            .AddMeter(ownMeters, Build.Name, "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime")
            .AddView(ViewOf)
            .AddReader(new BaseExportingMetricReader(_exporter));
        _provider = (otlp is null ? builder : builder.AddOtlp(otlp)).Build();
        _traces = otlp is null ? null : OtlpExport.Traces(otlp);
    }

    public string? Scrape() => _exporter.Scrape();

    /// <summary>Sends what there is to the OTLP receiver now, and waits for it so long.</summary>
    public void Flush(TimeSpan limit)
    {
        // Whether all was taken it does not tell: what waits to be scraped counts as not sent.
        _provider.ForceFlush((int)limit.TotalMilliseconds);
        _traces?.ForceFlush((int)limit.TotalMilliseconds);
    }

    public void Dispose()
    {
        // What is left is sent now, side by side, and no longer than one request may take: disposed without this, each waits 5 s for a receiver
        // that takes connections and never answers, and the rest of the node's end with it.
        Parallel.Invoke(() => _provider.Shutdown(OtlpExport.TimeoutMs), () => _traces?.Shutdown(OtlpExport.TimeoutMs));
        _provider.Dispose();
        _traces?.Dispose();
        _exporter.Dispose();
    }

    private static Meter MeterOfBuild()
    {
        var meter = new Meter("Swarm.Build");
        meter.CreateObservableGauge(
            "swarmstream_build_info",
            static () => new Measurement<long>(1, new KeyValuePair<string, object?>("version", BuildVersion.Version), new KeyValuePair<string, object?>("commit", BuildVersion.Commit)),
            null, "The build that runs; always 1.");
        return meter;
    }

    private static MetricStreamConfiguration? ViewOf(Instrument instrument)
    {
        if (instrument.Meter.Name.StartsWith("Swarm.", StringComparison.Ordinal))
        {
            return null;
        }

        return instrument.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(Histogram<>)
            ? new ExplicitBucketHistogramConfiguration { TagKeys = SafeLabels, Boundaries = SecondBoundaries }
            : new MetricStreamConfiguration { TagKeys = SafeLabels };
    }
}
