using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp;

/// <summary>T3a: counts and times the collapses of every connection by eBPF tracepoints, attached only while a queue gives reason to.</summary>
public sealed class TraceProbe(TraceMode mode, string btf = "/sys/kernel/btf/vmlinux") : IProbe, IOwnerSource
{
    public const string ProbeName = "T3a eBPF bracket";

    /// <summary>After the last reason, so long: collapses of one connection come seconds apart.</summary>
    private const long LingerMicros = 10_000_000;

    private CollapseTracer? _tracer;
    private long? _pruned;
    private long _wantedMicros;

    public string Name => ProbeName;

    public string Gives =>
        "number and time of collapses, drops and their reasons, of every connection"
        + (mode == TraceMode.OnDemand ? "; attached while a queue is half full or the kernel prunes" : "")
        + (_tracer?.Missing is { } missing ? $" (this kernel does not tell {missing})" : "");

    public TimeSpan KernelCost => _tracer?.KernelCost ?? TimeSpan.Zero;

    public bool IsArmed => _tracer?.IsArmed ?? false;

    internal CollapseTracer? Tracer => _tracer;

    public string? Fix { get; private set; }

    public string? Start()
    {
        if (mode == TraceMode.Off)
        {
            return "switched off";
        }

        _tracer = CollapseTracer.TryLoad(withSampler: true, out var reason, out var fix, btf);
        Fix = fix;
        if (_tracer is not null && mode == TraceMode.Always && _tracer.Arm() is { } refused)
        {
            Dispose();
            return refused;
        }

        return reason;
    }

    public string? Read(Reading into)
    {
        if (_tracer is null)
        {
            return "not started";
        }

        if (mode == TraceMode.OnDemand && Demand(into) is { } problem)
        {
            return problem;
        }

        into.Host.IsTraced = _tracer.IsArmed;
        _tracer.Read(into);
        return null;
    }

    public IReadOnlyDictionary<uint, SocketOwner>? Owners() => _tracer?.Owners();

    public void Dispose()
    {
        _tracer?.Dispose();
        _tracer = null;
    }

    /// <summary>A queue that is half full can be full before the next sweep.</summary>
    private static bool IsWorthTracing(in SocketSample s) => s.RmemAllocBytes >= Constants.WorthBytes && s.RmemAllocBytes >= s.RcvbufBytes / 2;

    private string? Demand(Reading into)
    {
        var pruned = into.Host[HostCounter.PruneCalled];
        var wanted = _pruned is { } before && pruned > before;
        _pruned = pruned;
        foreach (ref readonly var sample in into.Sockets.Samples)
        {
            if (wanted || IsWorthTracing(sample))
            {
                wanted = true;
                break;
            }
        }

        if (wanted)
        {
            _wantedMicros = into.AtMicros;
            return _tracer!.IsArmed ? null : _tracer.Arm();
        }

        if (_tracer!.IsArmed && into.AtMicros - _wantedMicros > LingerMicros)
        {
            _tracer.Disarm();
        }

        return null;
    }
}
