using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp;

/// <summary>What is known of the machine as columns: −1 stands for not known, as sysctls and counters are never negative.</summary>
internal static class HostColumns
{
    public static readonly string[] Names =
    [
        .. Enum.GetNames<HostCounter>(),
        "mem_pages", "collapse_tick_micros", "traced", "tier",
        "tcp_rmem_min", "tcp_rmem_default", "tcp_rmem_max", "tcp_mem_pressure", "tcp_mem_max", "tcp_shrink_window", "tcp_moderate_rcvbuf",
    ];

    private static readonly int Counters = Enum.GetValues<HostCounter>().Length;

    public static int Count => Names.Length;

    public static void Read(HostSample host, Span<long> into)
    {
        for (var i = 0; i < Counters; i++)
        {
            into[i] = host[(HostCounter)i] ?? -1;
        }

        var rest = into[Counters..];
        var settings = host.Settings;
        rest[0] = host.MemPages ?? -1;
        rest[1] = host.CollapseTickMicros ?? -1;
        rest[2] = host.IsTraced ? 1 : 0;
        rest[3] = (long)host.Tier;
        rest[4] = settings.RmemMinBytes ?? -1;
        rest[5] = settings.RmemDefaultBytes ?? -1;
        rest[6] = settings.RmemMaxBytes ?? -1;
        rest[7] = settings.MemPressurePages ?? -1;
        rest[8] = settings.MemMaxPages ?? -1;
        rest[9] = Number(settings.ShrinkWindow);
        rest[10] = Number(settings.ModerateRcvbuf);
    }

    public static void Write(ReadOnlySpan<long> from, HostSample host)
    {
        for (var i = 0; i < Counters; i++)
        {
            host[(HostCounter)i] = Known(from[i]);
        }

        var rest = from[Counters..];
        host.MemPages = Known(rest[0]);
        host.CollapseTickMicros = Known(rest[1]);
        host.IsTraced = rest[2] == 1;
        host.Tier = (Tier)rest[3];
        var settings = new TcpSettings
        {
            RmemMinBytes = Known(rest[4]),
            RmemDefaultBytes = Known(rest[5]),
            RmemMaxBytes = Known(rest[6]),
            MemPressurePages = Known(rest[7]),
            MemMaxPages = Known(rest[8]),
            ShrinkWindow = Truth(rest[9]),
            ModerateRcvbuf = Truth(rest[10]),
        };
        // Rules ask whether anything is known at all by this very object.
        host.Settings = settings == TcpSettings.Unknown ? TcpSettings.Unknown : settings;
    }

    private static long Number(bool? truth) => truth switch { null => -1, true => 1, false => 0 };

    private static bool? Truth(long number) => number < 0 ? null : number != 0;

    private static long? Known(long number) => number < 0 ? null : number;
}
