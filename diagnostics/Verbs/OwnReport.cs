using System.Text.Json;
using Swarm.Diagnostics.Analysis;
using Swarm.Diagnostics.Tcp;

namespace Swarm.Diagnostics.Verbs;

/// <summary>A program's own connections as JSON: each labelled, with what was sent, acknowledged and consumed apart, and the findings about them.</summary>
public static class OwnReport
{
    /// <param name="watch">Of all connections; those of others are left out.</param>
    /// <param name="metrics">Of the readings so far.</param>
    public static byte[] Json(SocketWatch watch, OwnConnections own, DiagMetrics metrics)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("schema", "swarmstream.tcp/1");
            DiagJson.WriteWatch(json, watch);
            metrics.WriteCollapses(json);
            json.WriteStartArray("connections");
            var ends = watch.Analyser.Sockets.GroupBy(s => (s.Current.Local.Unmapped(), s.Current.Remote.Unmapped())).ToDictionary(g => g.Key, g => g.First());
            foreach (var track in ends.Values)
            {
                if (own.LabelOf(track.Current) is { } label)
                {
                    Write(json, watch, track, label, ends.GetValueOrDefault((track.Current.Remote.Unmapped(), track.Current.Local.Unmapped())));
                }
            }

            json.WriteEndArray();
            DiagJson.WriteFindings(json, Findings(watch, own));
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    /// <summary>The findings about the program's own connections, and about the machine.</summary>
    public static IReadOnlyList<Finding> Findings(SocketWatch watch, OwnConnections own) =>
    [
        .. watch.Analyser.Findings().Select(f => f.Socket is { } s ? own.LabelOf(s) is { } label ? f with { Label = label } : null : f).OfType<Finding>(),
    ];

    private static void Write(Utf8JsonWriter json, SocketWatch watch, SocketTrack track, SocketLabel label, SocketTrack? otherEnd)
    {
        var s = track.Current;
        var consumed = otherEnd?.Current.ReadBytes;
        DiagJson.WriteConnection(json, new FilterSubject(track, watch.Analyser.VerdictsOf(s.Key), Label: label), json =>
        {
            // Acknowledged is in the other kernel's buffer; consumed is what the other program read, known where it runs on this machine.
            DiagJson.WriteNumber(json, "sent_bytes", s.Has(SocketFields.Sent) ? s.BytesSent : null);
            DiagJson.WriteNumber(json, "acked_bytes", s.Has(SocketFields.Sent) ? s.BytesAcked : null);
            DiagJson.WriteNumber(json, "consumed_bytes", consumed);
            DiagJson.WriteNumber(json, "waiting_at_other_end_bytes", otherEnd?.Current.PayloadBytes);
            DiagJson.WriteNumber(json, "received_bytes", s.Has(SocketFields.BytesReceived) ? s.BytesReceived : null);
            DiagJson.WriteNumber(json, "read_bytes", s.ReadBytes);
        });
    }
}
