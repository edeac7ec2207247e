using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Swarm.Diagnostics.Tcp;

/// <summary>T2: looks at what each CPU does, so many times a second, and counts how often that is tcp_collapse. Independent of the bracket.</summary>
/// <param name="trace">Holds the program; must be started first.</param>
public sealed unsafe class TickProbe(TraceProbe trace, int hertz) : IProbe
{
    public const string ProbeName = "T2 cpu-clock sampler";

    private readonly List<(nint Link, int Descriptor)> _events = [];

    public string Name => ProbeName;

    public string Gives => $"time in tcp_collapse of all cores, by {hertz} looks a second";

    public string? Fix { get; private set; }

    public string? Start()
    {
        if (trace.Tracer is not { } tracer)
        {
            Fix = trace.Fix;
            return "its program comes with the eBPF bracket, which is absent";
        }

        if (Kallsyms.Find("tcp_collapse") is null)
        {
            Fix = "sysctl kernel.kptr_restrict=0, or run it as root";
            return "the address of tcp_collapse is not shown (kernel.kptr_restrict)";
        }

        return OperatingSystem.IsLinux() ? Open(tracer) : "only Linux has it";
    }

    public string? Read(Reading into)
    {
        if (trace.Tracer?.Ticks() is { All: > 0 } ticks)
        {
            into.Host.CollapseTickMicros = (long)(ticks.InCollapse * 1e6 / hertz);
        }

        return null;
    }

    public void Dispose()
    {
        foreach (var (link, descriptor) in _events)
        {
            _ = LibBpf.LinkDestroy(link);
            _ = Libc.Close(descriptor);
        }

        _events.Clear();
    }

    [SupportedOSPlatform("linux")]
    private string? Open(CollapseTracer tracer)
    {
        for (var cpu = 0; cpu < Environment.ProcessorCount; cpu++)
        {
            var descriptor = PerfEvent.OpenCpuClock(cpu, hertz);
            if (descriptor < 0)
            {
                var errno = Marshal.GetLastPInvokeError();
                Dispose();
                Fix = "sysctl kernel.perf_event_paranoid=1, or give the program the capability: setcap cap_perfmon=ep FILE";
                return $"the kernel refuses a cpu-clock: {Marshal.GetPInvokeErrorMessage(errno)} (CAP_PERFMON, or kernel.perf_event_paranoid ≤ 1)";
            }

            var link = LibBpf.AttachPerfEvent(tracer.Sampler, descriptor);
            if (link == 0)
            {
                var errno = Marshal.GetLastPInvokeError();
                _ = Libc.Close(descriptor);
                Dispose();
                return $"the kernel refuses the sampler: {Marshal.GetPInvokeErrorMessage(errno)}";
            }

            _events.Add((link, descriptor));
        }

        return null;
    }
}
