using System.Globalization;
using System.Text;
using System.Text.Json;
using Swarm.Diagnostics.Analysis;
using Swarm.Diagnostics.Tcp;

namespace Swarm.Diagnostics.Verbs;

/// <summary>What a watch knows, in the text format of Prometheus. No address, port, process or URL is in it: anyone may scrape.</summary>
public sealed class DiagMetrics
{
    // Powers of two from 2^−17 s (8 µs) to 2^−4 s: a collapse of a small queue to three times the longest one measured.
    private static readonly double[] CollapseSeconds = [.. Enumerable.Range(-17, 14).Select(e => Math.Pow(2, e))];
    private static readonly double[] Ratios = [1.05, 1.15, 1.5, 2, 3, 5, 10, 25, 50, 100, 250];
    private static readonly double[] Bytes = [4096, 65536, 262144, 1 << 20, 4 << 20, 16 << 20, 64 << 20];

    private readonly long[] _collapses = new long[CollapseSeconds.Length + 1];
    private double _collapseSecondsSum;

    /// <summary>Takes the collapses of a reading in.</summary>
    public void Add(Reading reading)
    {
        foreach (ref readonly var collapse in reading.Collapses.Items)
        {
            var seconds = collapse.DurationNanos / 1e9;
            _collapses[BucketOf(CollapseSeconds, seconds)]++;
            _collapseSecondsSum += seconds;
        }
    }

    public string Text(SocketWatch watch) => Text(watch, static _ => true, watch.Analyser.Findings());

    /// <summary>The same, of some connections and the findings about them.</summary>
    public string Text(SocketWatch watch, Func<SocketTrack, bool> isMeant, IReadOnlyList<Finding> findings)
    {
        var text = new StringBuilder();
        var sockets = watch.Analyser.Sockets.Where(s => s.Current.Has(SocketFields.Memory) && isMeant(s)).ToList();
        Histogram(text, "swarmstream_tcp_collapse_seconds", "Time of each collapse of a receive queue, bracketed.", CollapseSeconds, _collapses, _collapseSecondsSum);
        Histogram(text, "swarmstream_tcp_bloat_ratio", "Receive memory per byte of payload, of each connection that has payload now.", Ratios, sockets.Select(s => s.BloatRatio).OfType<double>());
        Histogram(text, "swarmstream_tcp_reclaimable_bytes", "Receive memory of each connection that a collapse could free now.", Bytes, sockets.Select(s => (double)s.ReclaimableBytes));
        Gauge(text, "swarmstream_tcp_connections", "Connections watched.", sockets.Count);
        Gauge(text, "swarmstream_tcp_rmem_alloc_bytes", "Receive memory of all connections.", sockets.Sum(s => s.Current.RmemAllocBytes));
        text.Append("# HELP swarmstream_tcp_findings Findings that hold now, by verdict.\n# TYPE swarmstream_tcp_findings gauge\n");
        foreach (var verdict in Enum.GetValues<Verdict>())
        {
            text.Append(CultureInfo.InvariantCulture, $"swarmstream_tcp_findings{{verdict=\"{VerdictText.Of(verdict)}\"}} {findings.Count(f => f.Verdict == verdict)}\n");
        }

        Gauge(text, "swarmstream_tcp_watch_cpu_ratio", "What the watch costs, of one core.", watch.CostShare);
        return text.ToString();
    }

    /// <summary>How long collapses took, into an object that is open: counts by upper bound in seconds, the last of what is longer.</summary>
    internal void WriteCollapses(Utf8JsonWriter json)
    {
        json.WriteStartObject("collapse_histogram");
        json.WriteStartArray("le_seconds");
        foreach (var bound in CollapseSeconds)
        {
            json.WriteNumberValue(bound);
        }

        json.WriteEndArray();
        json.WriteStartArray("counts");
        foreach (var count in _collapses)
        {
            json.WriteNumberValue(count);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static int BucketOf(double[] bounds, double value)
    {
        var index = Array.FindIndex(bounds, b => value <= b);
        return index < 0 ? bounds.Length : index;
    }

    private static void Histogram(StringBuilder text, string name, string help, double[] bounds, IEnumerable<double> values)
    {
        var counts = new long[bounds.Length + 1];
        var sum = 0.0;
        foreach (var value in values)
        {
            counts[BucketOf(bounds, value)]++;
            sum += value;
        }

        Histogram(text, name, help, bounds, counts, sum);
    }

    private static void Histogram(StringBuilder text, string name, string help, double[] bounds, long[] counts, double sum)
    {
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} histogram\n");
        var total = 0L;
        for (var i = 0; i < counts.Length; i++)
        {
            total += counts[i];
            var bound = i < bounds.Length ? bounds[i].ToString("R", CultureInfo.InvariantCulture) : "+Inf";
            text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{le=\"{bound}\"}} {total}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"{name}_sum {sum:R}\n{name}_count {total}\n");
    }

    private static void Gauge(StringBuilder text, string name, string help, double value) =>
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value:R}\n");
}
