using System.Globalization;
using System.Text;
using System.Text.Json;
using Swarm.Diagnostics.Analysis;
using Swarm.Diagnostics.Tcp;

namespace Swarm.Diagnostics.Verbs;

/// <summary>A recording as lines: a sample or a collapse each, JSON or CSV. A number that was not known is null, or empty.</summary>
internal static class RecordingExport
{
    private static readonly (string Name, Func<SocketSample, object?> Of)[] Columns =
    [
        ("at_us", s => s.AtMicros),
        ("cookie", s => s.Cookie),
        ("local_address", s => s.Local.AddressText()),
        ("local_port", s => s.Local.Port),
        ("remote_address", s => s.Remote.AddressText()),
        ("remote_port", s => s.Remote.Port),
        ("state", s => s.State.ToString()),
        ("tier", s => VerdictText.Of(s.Tier)),
        ("payload", s => s.PayloadBytes),
        ("rmem_alloc", s => Known(s, SocketFields.Memory, s.RmemAllocBytes)),
        ("rcvbuf", s => Known(s, SocketFields.Memory, s.RcvbufBytes)),
        ("backlog", s => Known(s, SocketFields.Memory, s.BacklogBytes)),
        ("drops", s => Known(s, SocketFields.Memory, s.Drops)),
        ("rcv_wnd", s => Known(s, SocketFields.Window, s.RcvWndBytes)),
        ("rcv_ssthresh", s => Known(s, SocketFields.Info, s.RcvSsthreshBytes)),
        ("rcv_space", s => Known(s, SocketFields.Info, s.RcvSpaceBytes)),
        ("rcv_rtt_us", s => Known(s, SocketFields.Info, s.RcvRttMicros)),
        ("rcv_mss", s => Known(s, SocketFields.Info, s.RcvMssBytes)),
        ("bytes_received", s => s.Has(SocketFields.BytesReceived) ? s.BytesReceived : null),
        ("bytes_sent", s => s.Has(SocketFields.Sent) ? s.BytesSent : null),
        ("bytes_acked", s => s.Has(SocketFields.Sent) ? s.BytesAcked : null),
        ("data_segs_in", s => Known(s, SocketFields.Segments, s.DataSegmentsIn)),
        ("rcv_ooopack", s => Known(s, SocketFields.OutOfOrder, s.OutOfOrderSegments)),
        ("inode", s => s.Inode),
        ("uid", s => s.UserId),
        ("cgroup_id", s => s.Has(SocketFields.Cgroup) ? s.CgroupId : null),
        ("collapse_us", _ => null),
        ("skbs_before", _ => null),
        ("skbs_after", _ => null),
    ];

    public static void Write(TextWriter output, RecordingReader recording, bool csv)
    {
        if (csv)
        {
            output.WriteLine(string.Join(',', Columns.Select(c => c.Name)));
        }

        var reading = new Reading();
        var values = new object?[Columns.Length];
        var last = new Dictionary<ulong, SocketSample>();
        while (recording.TryRead(reading))
        {
            foreach (ref readonly var sample in reading.Sockets.Samples)
            {
                Fill(values, sample);
                output.WriteLine(csv ? Csv(values) : Json(values));
                last[sample.Cookie] = sample;
            }

            foreach (ref readonly var c in reading.Collapses.Items)
            {
                // A collapse is a line with the ends of its connection, and what it changed.
                Fill(values, last.GetValueOrDefault(c.Cookie) with { AtMicros = c.AtMicros, Cookie = c.Cookie, Tier = Tier.Bracketed, RmemAllocBytes = c.RmemAfterBytes, RcvbufBytes = c.RcvbufBytes });
                values[^3] = c.DurationNanos / 1e3;
                values[^2] = c.SkbsBefore;
                values[^1] = c.SkbsAfter;
                output.WriteLine(csv ? Csv(values) : Json(values));
            }
        }
    }

    private static long? Known(in SocketSample sample, SocketFields fields, long value) => sample.Has(fields) ? value : null;

    private static void Fill(object?[] values, SocketSample sample)
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Columns[i].Of(sample);
        }
    }

    private static string Csv(object?[] values) => string.Join(',', values.Select(v => Convert.ToString(v, CultureInfo.InvariantCulture)));

    private static string Json(object?[] values)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            for (var i = 0; i < values.Length; i++)
            {
                json.WritePropertyName(Columns[i].Name);
                switch (values[i])
                {
                    case null:
                        json.WriteNullValue();
                        break;
                    case string text:
                        json.WriteStringValue(text);
                        break;
                    case ulong big:
                        json.WriteNumberValue(big);
                        break;
                    case double number:
                        json.WriteNumberValue(number);
                        break;
                    case var whole:
                        json.WriteNumberValue(Convert.ToInt64(whole, CultureInfo.InvariantCulture));
                        break;
                }
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }
}
