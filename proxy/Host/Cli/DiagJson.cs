using System.Text;
using System.Text.Json;
using Swarm.Diagnostics.Analysis;
using Swarm.Diagnostics.Tcp;

namespace Swarm.Proxy.Cli;

/// <summary>The answers of <c>diag</c> as JSON: part of the contract with scripts. Memory is in bytes.</summary>
internal static class DiagJson
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Check(SocketWatch watch, IReadOnlyList<Finding> findings) => Write("swarmstream.diag.check/1", watch, json => WriteFindings(json, findings));

    public static string Top(SocketWatch watch, IReadOnlyList<Finding> findings) => Write("swarmstream.diag.top/1", watch, json =>
    {
        json.WriteStartArray("connections");
        foreach (var socket in watch.Analyser.Sockets.OrderByDescending(s => s.Current.RmemAllocBytes))
        {
            json.WriteStartObject();
            FindingJson.WriteSocket(json, socket.Current);
            json.WriteNumber("reclaimable_inferred", socket.ReclaimableBytes);
            json.WriteStartArray("verdicts");
            foreach (var verdict in watch.Analyser.VerdictsOf(socket.Current.Key))
            {
                json.WriteStringValue(VerdictText.Of(verdict));
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteFindings(json, findings);
    });

    private static string Write(string schema, SocketWatch watch, Action<Utf8JsonWriter> body)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Indented))
        {
            json.WriteStartObject();
            json.WriteString("schema", schema);
            json.WriteBoolean("read_only", true);
            json.WriteNumber("elapsed_seconds", Math.Round(watch.Elapsed.TotalSeconds, 3));
            json.WriteNumber("sweeps", watch.Sweeps);
            json.WriteNumber("connection_count", watch.Analyser.SocketCount);
            json.WriteNumber("cost_share_of_a_core", Math.Round(watch.CostShare, 5));
            WriteText(json, "problem", watch.Problem);
            json.WriteStartArray("tiers");
            foreach (var probe in watch.Probes)
            {
                json.WriteStartObject();
                json.WriteString("name", probe.Name);
                json.WriteBoolean("present", probe.AbsentBecause is null);
                WriteText(json, "absent_because", probe.AbsentBecause);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            body(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static void WriteFindings(Utf8JsonWriter json, IReadOnlyList<Finding> findings)
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
