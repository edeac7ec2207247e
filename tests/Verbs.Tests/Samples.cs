using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Verbs.Tests;

/// <summary>Connections as the kernel would tell them.</summary>
internal static class Samples
{
    public static SocketEnd Local { get; } = new(0x7F000001, false, 5001);

    private static readonly SocketSample Idle = new()
    {
        Cookie = 7,
        State = TcpState.Established,
        Tier = Tier.Sampled,
        Fields = SocketFields.Memory | SocketFields.BytesReceived,
        Local = Local,
        Remote = new SocketEnd(0x7F000002, false, 40000),
        RcvbufBytes = 131_072,
    };

    /// <summary>Tiny segments wait, until their program reads them.</summary>
    /// <param name="onReading">Gets the number of each reading.</param>
    public static ToldProbe ReaderThatWakes(int idleReadings, Action<int> onReading) => new([Idle])
    {
        Script = (s, i) => s with { RmemAllocBytes = i < idleReadings ? 120_000 : 0, PayloadBytes = i < idleReadings ? 1_000 : 0, BytesReceived = 1_000 },
        Trace = (_, i) => onReading(i),
    };

    /// <summary>Nobody reads, tiny segments come, rcvbuf is raised, and tracing sees a collapse.</summary>
    public static ToldProbe IdleReader() => new([Idle])
    {
        Script = static (s, i) => s with
        {
            RmemAllocBytes = 120_000 + (i * 900_000L),
            RcvbufBytes = 131_072 + (i * 900_000L),
            PayloadBytes = 5_000 + (i * 100),
            BytesReceived = (ulong)(5_000 + (i * 100)),
        },
        Trace = static (reading, i) =>
        {
            if (i == 1)
            {
                reading.Traces.Add(new SocketTrace { Cookie = 7, Collapses = 1, CollapseNanos = 15_000_000, LongestNanos = 15_000_000, SkbsRemoved = 29_100 });
                reading.Collapses.Add(new CollapseEvent(reading.AtMicros, 7, 15_000_000, 30_000, 900, 33_000_000, 4_000_000, 33_554_432));
            }
        },
    };
}
