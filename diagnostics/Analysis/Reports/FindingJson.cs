using System.Text.Json;

namespace Swarm.Diagnostics.Analysis;

/// <summary>A finding as JSON. Addresses, ports, pid, rmem_alloc and rcvbuf (bytes) are part of the contract with scripts.</summary>
public static class FindingJson
{
    public static void Write(Utf8JsonWriter json, Finding finding)
    {
        json.WriteStartObject();
        json.WriteString("verdict", VerdictText.Of(finding.Verdict));
        json.WriteString("scope", finding.Socket is null ? "machine" : "connection");
        if (finding.Socket is { } socket)
        {
            WriteSocket(json, socket);
            json.WritePropertyName("pid");
            if (finding.Owner is { } owner)
            {
                json.WriteNumberValue(owner.ProcessId);
                json.WriteString("process", owner.Name);
                json.WriteString("container", owner.Container);
            }
            else
            {
                json.WriteNullValue();
                json.WriteNull("process");
                json.WriteNull("container");
            }

            if (finding.Label is { } label)
            {
                json.WriteString("role", label.Role);
                json.WriteString("subject", label.Subject);
            }
        }

        json.WriteString("cause", finding.Cause);
        json.WriteStartArray("evidence");
        foreach (var measure in finding.Evidence)
        {
            json.WriteStartObject();
            json.WriteString("name", measure.Name);
            json.WriteNumber("value", Math.Round(measure.Value, 3));
            json.WriteString("unit", UnitText(measure.Unit));
            json.WriteString("tier", VerdictText.Of(measure.Tier));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("advice");
        foreach (var line in finding.Advice)
        {
            json.WriteStringValue(line);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>The properties that name a connection and its memory, into an object that is open.</summary>
    public static void WriteSocket(Utf8JsonWriter json, in SocketSample socket)
    {
        json.WriteString("local_address", socket.Local.AddressText());
        json.WriteNumber("local_port", socket.Local.Port);
        json.WriteString("remote_address", socket.Remote.AddressText());
        json.WriteNumber("remote_port", socket.Remote.Port);
        json.WriteNumber("inode", socket.Inode);
        json.WriteNumber("cgroup_id", socket.CgroupId);
        json.WriteNumber("rmem_alloc", socket.RmemAllocBytes);
        json.WriteNumber("rcvbuf", socket.RcvbufBytes);
        json.WriteNumber("payload", socket.PayloadBytes);
        json.WriteString("tier", VerdictText.Of(socket.Tier));
    }

    private static string UnitText(Unit unit) => unit switch
    {
        Unit.Bytes => "bytes",
        Unit.BytesPerSecond => "bytes_per_second",
        Unit.Micros => "microseconds",
        Unit.Ratio => "ratio",
        Unit.Percent => "percent",
        _ => "count",
    };
}
