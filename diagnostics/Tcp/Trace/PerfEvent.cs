using System.Runtime.InteropServices;

namespace Swarm.Diagnostics.Tcp;

/// <summary>perf_event_open, which libc has no function for.</summary>
internal static unsafe partial class PerfEvent
{
    private const uint TypeSoftware = 1;
    private const uint AttributeBytes = 112;
    private const ulong IsFrequency = 1 << 10;

    /// <summary>A clock that ticks on one CPU, whatever runs there; a negative number and the errno when refused.</summary>
    public static int OpenCpuClock(int cpu, int hertz)
    {
        // struct perf_event_attr: u32 type, size; u64 config (0 is cpu-clock), sample_freq, sample_type, read_format, flags.
        var attributes = stackalloc byte[(int)AttributeBytes];
        new Span<byte>(attributes, (int)AttributeBytes).Clear();
        *(uint*)attributes = TypeSoftware;
        *(uint*)(attributes + 4) = AttributeBytes;
        *(ulong*)(attributes + 16) = (ulong)hertz;
        *(ulong*)(attributes + 40) = IsFrequency;
        var number = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 241 : 298;
        return (int)SystemCall(number, attributes, -1, cpu, -1, 0);
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, byte* attributes, nint process, nint cpu, nint group, nuint flags);
}
