using System.Globalization;
using System.Text;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Swarm.Proxy.Observability;

/// <summary>Collected metrics in the Prometheus text format 0.0.4. Pure: one metric in, its lines out.</summary>
internal static class PrometheusText
{
    public const string MediaType = "text/plain; version=0.0.4; charset=utf-8";

    public static void Write(StringBuilder to, Metric metric)
    {
        var type = TypeOf(metric.MetricType);
        var name = NameOf(metric.Name, metric.Unit, type);
        to.Append("# HELP ").Append(name).Append(' ').Append(EscapeHelp(metric.Description.Length > 0 ? metric.Description : name)).Append('\n')
            .Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');

        foreach (ref readonly var point in metric.GetMetricPoints())
        {
            if (type == "histogram")
            {
                WriteHistogram(to, name, point);
            }
            else
            {
                Line(to, name, point.Tags, null, Value(metric.MetricType, point));
            }
        }
    }

    /// <summary>Letters, digits, <c>_</c>; the unit spelled out; counters end in <c>_total</c>. Anything else a scraper would refuse.</summary>
    internal static string NameOf(string instrument, string unit, string type)
    {
        var name = Clean(instrument);
        var suffix = unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "",
        };
        var stem = name.EndsWith("_total", StringComparison.Ordinal) ? name[..^"_total".Length] : name;
        if (suffix.Length > 0 && !stem.EndsWith(suffix, StringComparison.Ordinal))
        {
            stem += suffix;
        }

        return type switch
        {
            "counter" => stem + "_total",
            // A gauge that ends in _count looks like a histogram's part: promtool warns.
            "gauge" when stem.EndsWith("_count", StringComparison.Ordinal) => stem[..^"_count".Length],
            _ => stem,
        };
    }

    private static void WriteHistogram(StringBuilder to, string name, in MetricPoint point)
    {
        var cumulative = 0L;
        foreach (var bucket in point.GetHistogramBuckets())
        {
            cumulative += bucket.BucketCount;
            Line(to, name + "_bucket", point.Tags, Number(bucket.ExplicitBound), cumulative.ToString(CultureInfo.InvariantCulture));
        }

        Line(to, name + "_sum", point.Tags, null, Number(point.GetHistogramSum()));
        Line(to, name + "_count", point.Tags, null, point.GetHistogramCount().ToString(CultureInfo.InvariantCulture));
    }

    private static void Line(StringBuilder to, string name, in ReadOnlyTagCollection tags, string? upperBound, string value)
    {
        to.Append(name);
        var separator = '{';
        foreach (var tag in tags)
        {
            to.Append(separator).Append(Clean(tag.Key)).Append("=\"").Append(EscapeLabel(Text(tag.Value))).Append('"');
            separator = ',';
        }

        if (upperBound is not null)
        {
            to.Append(separator).Append("le=\"").Append(upperBound).Append('"');
            separator = ',';
        }

        to.Append(separator == ',' ? "} " : " ").Append(value).Append('\n');
    }

    private static string Value(MetricType type, in MetricPoint point) => type switch
    {
        MetricType.LongSum or MetricType.LongSumNonMonotonic => point.GetSumLong().ToString(CultureInfo.InvariantCulture),
        MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic => Number(point.GetSumDouble()),
        MetricType.LongGauge => point.GetGaugeLastValueLong().ToString(CultureInfo.InvariantCulture),
        _ => Number(point.GetGaugeLastValueDouble()),
    };

    private static string TypeOf(MetricType type) => type switch
    {
        MetricType.LongSum or MetricType.DoubleSum => "counter",
        MetricType.Histogram => "histogram",
        _ => "gauge",
    };

    private static string Number(double value) =>
        double.IsNaN(value) ? "NaN"
        : double.IsPositiveInfinity(value) ? "+Inf"
        : double.IsNegativeInfinity(value) ? "-Inf"
        : value.ToString("R", CultureInfo.InvariantCulture);

    private static string Text(object? value) => value switch
    {
        null => "",
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    private static string Clean(string name)
    {
        var clean = string.Create(name.Length, name, static (chars, source) =>
        {
            for (var i = 0; i < chars.Length; i++)
            {
                chars[i] = char.IsAsciiLetterOrDigit(source[i]) ? source[i] : '_';
            }
        });
        return clean.Length == 0 || char.IsAsciiDigit(clean[0]) ? "_" + clean : clean;
    }

    private static string EscapeHelp(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static string EscapeLabel(string text) => EscapeHelp(text).Replace("\"", "\\\"", StringComparison.Ordinal);
}
