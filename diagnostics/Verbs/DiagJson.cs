using System.Text;
using System.Text.Json;
using Swarm.Diagnostics.Analysis;
using Swarm.Diagnostics.Tcp;

namespace Swarm.Diagnostics.Verbs;

/// <summary>The answers of <c>diag</c> as JSON: part of the contract with scripts. Memory is in bytes.</summary>
internal static class DiagJson
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Check(SocketWatch watch, IReadOnlyList<Finding> findings) =>
        Write("swarmstream.diag.check/1", json =>
        {
            WriteWatch(json, watch);
            WriteFindings(json, findings);
        });

    /// <param name="more">What is known beyond the connections.</param>
    public static string Top(SocketWatch watch, IEnumerable<FilterSubject> subjects, IReadOnlyList<Finding> findings, Action<Utf8JsonWriter>? more = null) =>
        Write("swarmstream.diag.top/1", json =>
        {
            WriteWatch(json, watch);
            more?.Invoke(json);
            json.WriteStartArray("connections");
            foreach (var subject in subjects)
            {
                WriteConnection(json, subject);
            }

            json.WriteEndArray();
            WriteFindings(json, findings);
        });

    /// <param name="stoodOut">Connections about which a verdict held at any time; the findings are those of the end.</param>
    public static string Replay(RecordingReader recording, double seconds, int connections, int stoodOut, IReadOnlyList<Finding> findings) =>
        Write("swarmstream.diag.replay/1", json =>
        {
            json.WriteString("kernel", recording.Header.Kernel);
            json.WriteString("started", recording.Header.Started);
            json.WriteNumber("elapsed_seconds", Math.Round(seconds, 3));
            json.WriteNumber("readings", recording.Readings);
            json.WriteString("end", recording.End.ToString().ToLowerInvariant());
            json.WriteNumber("connection_count", connections);
            json.WriteNumber("stood_out_count", stoodOut);
            WriteTiers(json, recording.Header.Tiers);
            WriteFindings(json, findings);
        });

    /// <summary>A connection with what is known beyond its findings.</summary>
    public static void WriteConnection(Utf8JsonWriter json, in FilterSubject subject, Action<Utf8JsonWriter>? more = null)
    {
        var track = subject.Track;
        json.WriteStartObject();
        FindingJson.WriteSocket(json, track.Current);
        json.WriteNumber("reclaimable_inferred", track.ReclaimableBytes);
        WriteNumber(json, "bloat_ratio", track.BloatRatio);
        WriteNumber(json, "read_bytes_per_second", track.ReadBytesPerSecond);
        json.WriteNumber("unread_microseconds", track.UnreadMicros);
        WriteNumber(json, "collapses_bracketed", track.Trace?.Collapses);
        WriteNumber(json, "collapse_microseconds_bracketed", track.Trace?.CollapseNanos / 1e3);
        WriteNumber(json, "longest_collapse_microseconds_bracketed", track.Trace?.LongestNanos / 1e3);
        WriteNumber(json, "pid", subject.Owner?.ProcessId);
        WriteText(json, "process", subject.Owner?.Name);
        WriteText(json, "container", subject.Owner?.Container);
        if (subject.Label is { } label)
        {
            json.WriteString("role", label.Role);
            json.WriteString("subject", label.Subject);
        }

        more?.Invoke(json);
        json.WriteStartArray("verdicts");
        foreach (var verdict in subject.Verdicts)
        {
            json.WriteStringValue(VerdictText.Of(verdict));
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string Write(string schema, Action<Utf8JsonWriter> body)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Indented))
        {
            json.WriteStartObject();
            json.WriteString("schema", schema);
            body(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    public static void WriteWatch(Utf8JsonWriter json, SocketWatch watch)
    {
        json.WriteBoolean("read_only", true);
        json.WriteNumber("elapsed_seconds", Math.Round(watch.Elapsed.TotalSeconds, 3));
        json.WriteNumber("sweeps", watch.Sweeps);
        json.WriteNumber("connection_count", watch.Analyser.SocketCount);
        json.WriteNumber("cost_share_of_a_core", Math.Round(watch.CostShare, 5));
        if (watch.IsAllThatRuns)
        {
            json.WriteNumber("process_share_of_a_core", Math.Round(watch.ProcessShare, 5));
        }

        WriteText(json, "problem", watch.Problem);
        WriteTiers(json, watch.Probes);
    }

    public static void WriteTiers(Utf8JsonWriter json, IReadOnlyList<ProbeStatus> probes)
    {
        json.WriteStartArray("tiers");
        foreach (var probe in probes)
        {
            json.WriteStartObject();
            json.WriteString("name", probe.Name);
            json.WriteBoolean("present", probe.AbsentBecause is null);
            WriteText(json, "absent_because", probe.AbsentBecause);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public static void WriteNumber(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number && double.IsFinite(number))
        {
            json.WriteNumber(name, Math.Round(number, 3));
        }
        else
        {
            json.WriteNull(name);
        }
    }

    public static void WriteFindings(Utf8JsonWriter json, IReadOnlyList<Finding> findings)
    {
        json.WriteStartArray("findings");
        foreach (var finding in findings)
        {
            FindingJson.Write(json, finding);
        }

        json.WriteEndArray();
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? value)
    {
        json.WritePropertyName(name);
        if (value is null)
        {
            json.WriteNullValue();
        }
        else
        {
            json.WriteStringValue(value);
        }
    }
}
