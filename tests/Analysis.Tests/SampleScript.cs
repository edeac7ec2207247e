using System.Globalization;
using System.Net;

namespace Swarm.Diagnostics.Analysis.Tests;

/// <summary>The upper half of a golden file: settings, then sweeps (<c>t=SECONDS counters…</c>), each with a line for every socket.</summary>
internal static class SampleScript
{
    public static Analyser Run(IEnumerable<string> lines)
    {
        Analyser? analyser = null;
        var settings = TcpSettings.Unknown;
        HostSample? host = null;
        var sockets = new List<SocketSample>();
        var oneSample = false;
        void Flush()
        {
            if (host is not null)
            {
                (analyser ??= new Analyser(oneSample)).Observe(host, sockets.ToArray());
            }

            sockets.Clear();
        }

        foreach (var line in lines.Where(l => l.Length > 0 && l[0] != '#'))
        {
            var cells = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (cells[0] == "snapshot")
            {
                oneSample = true;
            }
            else if (cells[0] == "settings")
            {
                settings = Settings(cells[1..]);
            }
            else if (cells[0].StartsWith("t=", StringComparison.Ordinal))
            {
                Flush();
                host = Host(cells, settings);
            }
            else
            {
                sockets.Add(Socket(cells, host!.AtMicros));
            }
        }

        Flush();
        return analyser!;
    }

    private static TcpSettings Settings(string[] cells) => cells.Select(Pair).Aggregate(TcpSettings.Unknown, (s, p) => p.Name switch
    {
        "rmem_max" => s with { RmemMaxBytes = p.Value },
        "mem_pressure" => s with { MemPressurePages = p.Value },
        "shrink_window" => s with { ShrinkWindow = p.Value != 0 },
        _ => throw new InvalidDataException(p.Name),
    });

    private static HostSample Host(string[] cells, TcpSettings settings)
    {
        var host = new HostSample { Settings = settings, AtMicros = (long)(double.Parse(cells[0][2..], CultureInfo.InvariantCulture) * 1e6) };
        foreach (var (name, value) in cells[1..].Select(Pair))
        {
            if (name == "mem")
            {
                host.MemPages = value;
            }
            else if (name == "totals")
            {
                host.Tier = Tier.Imported;
            }
            else
            {
                host[Enum.Parse<HostCounter>(name)] = value;
            }
        }

        return host;
    }

    private static SocketSample Socket(string[] cells, long atMicros)
    {
        var s = new SocketSample
        {
            AtMicros = atMicros,
            Tier = Tier.Sampled,
            State = TcpState.Established,
            Local = End(cells[0]),
            Remote = End(cells[1]),
        };
        foreach (var (name, value) in cells[2..].Select(Pair))
        {
            switch (name)
            {
                case "rmem_alloc":
                    s.RmemAllocBytes = value;
                    s.Fields |= SocketFields.Memory;
                    break;
                case "rcvbuf":
                    s.RcvbufBytes = value;
                    break;
                case "payload":
                    s.PayloadBytes = value;
                    break;
                case "received":
                    s.BytesReceived = (ulong)value;
                    s.Fields |= SocketFields.BytesReceived;
                    break;
                case "segs":
                    s.DataSegmentsIn = (uint)value;
                    s.Fields |= SocketFields.Segments;
                    break;
                case "ooo":
                    s.OutOfOrderSegments = (uint)value;
                    break;
                case "wnd":
                    s.RcvWndBytes = value;
                    s.Fields |= SocketFields.Window;
                    break;
                case "mss":
                    s.RcvMssBytes = (uint)value;
                    break;
                case "space":
                    s.RcvSpaceBytes = value;
                    s.Fields |= SocketFields.Info;
                    break;
                case "rtt_us":
                    s.RcvRttMicros = value;
                    break;
                case "since_data_ms":
                    s.SinceDataMicros = value * 1000;
                    break;
                case "state":
                    s.State = (TcpState)value;
                    break;
                default:
                    throw new InvalidDataException(name);
            }
        }

        return s;
    }

    private static (string Name, long Value) Pair(string cell)
    {
        var equals = cell.IndexOf('=', StringComparison.Ordinal);
        return (cell[..equals], long.Parse(cell[(equals + 1)..], CultureInfo.InvariantCulture));
    }

    private static SocketEnd End(string text)
    {
        var end = IPEndPoint.Parse(text);
        return SocketEnd.Of(end.Address, end.Port);
    }
}
