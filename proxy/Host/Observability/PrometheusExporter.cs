using System.Text;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Swarm.Proxy.Observability;

/// <summary>Collects when it is scraped and keeps nothing in between. One scrape at a time.</summary>
[ExportModes(ExportModes.Pull)]
internal sealed class PrometheusExporter : BaseExporter<Metric>, IPullMetricExporter
{
    /// <summary>Callbacks of ours answer at once; a framework's may not.</summary>
    private const int CollectTimeoutMs = 5000;

    private readonly Lock _gate = new();
    private readonly StringBuilder _text = new();

    public Func<int, bool>? Collect { get; set; }

    /// <summary>The text; null if the metrics could not be collected in time.</summary>
    public string? Scrape()
    {
        lock (_gate)
        {
            _text.Clear();
            return Collect?.Invoke(CollectTimeoutMs) == true ? _text.ToString() : null;
        }
    }

    public override ExportResult Export(in Batch<Metric> batch)
    {
        foreach (var metric in batch)
        {
            PrometheusText.Write(_text, metric);
        }

        return ExportResult.Success;
    }
}
