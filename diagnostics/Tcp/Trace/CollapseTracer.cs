using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp;

/// <summary>The eBPF bracket around collapses, loaded once, attached while it is wanted. It ends with the process, whatever ends that.</summary>
internal sealed unsafe class CollapseTracer : IDisposable
{
    private const int MaxSockets = 16384;
    private const int PermissionDenied = 1;

    // A segment costs two runs of 79 and 76 ns, the clock that measured it included (Linux 6.18, quiet).
    private const double MicrosPerRun = 0.08;

    private static readonly string[] Required = ["tcp_probe", "sk_data_ready"];
    private static readonly string[] Programs = ["open_bracket", "close_bracket", "see_drop", "see_autotuning"];

    private readonly nint _object;
    private readonly List<nint> _programs = [];
    private readonly List<nint> _links = [];
    private readonly Dictionary<ulong, SocketTotals> _seen = [];
    private readonly GCHandle _self;
    private readonly long[] _perCpu;
    private int _sockets;
    private int _counters;
    private nint _ring;
    private Reading? _into;
    private long _now;

    private CollapseTracer(nint handle)
    {
        _object = handle;
        _self = GCHandle.Alloc(this, GCHandleType.Weak);
        _perCpu = new long[Math.Max(1, LibBpf.PossibleCpus())];
    }

    public bool IsArmed => _links.Count > 0;

    /// <summary>What this kernel lacks of it: drop reasons for each socket, or autotuning; null when it has all.</summary>
    public string? Missing { get; private set; }

    /// <summary>What its programs took from all cores so far, inferred from how often they ran.</summary>
    public TimeSpan KernelCost => TimeSpan.FromMicroseconds(Counter(0) * MicrosPerRun);

    /// <summary>Loads the programs without attaching them; null with the reason where that cannot be.</summary>
    /// <param name="withSampler">Also the program that samples CPU clocks.</param>
    /// <param name="btf">Where the kernel shows its types.</param>
    public static CollapseTracer? TryLoad(bool withSampler, out string? reason, out string? fix, string btf = "/sys/kernel/btf/vmlinux")
    {
        fix = null;
        if (!LibBpf.IsPresent)
        {
            fix = "apt-get install libbpf1";
            reason = "libbpf.so.1 is not installed (Debian: libbpf1)";
            return null;
        }

        LibBpf.BeQuiet();
        using var types = File.Exists(btf) ? KernelTypes.TryLoad() : null;
        if (types is null)
        {
            fix = $"boot a kernel with CONFIG_DEBUG_INFO_BTF=y, as Debian's are; in a container, let {btf} be seen";
            reason = $"this kernel does not show its types ({btf}, CONFIG_DEBUG_INFO_BTF)";
            return null;
        }

        if (Array.Find(Required, t => types.TracepointArguments(t) is null) is { } absent)
        {
            fix = "boot a kernel that has it: Linux 6.2 or later";
            reason = $"this kernel has no tracepoint {absent}";
            return null;
        }

        return TryLoad(types, withSampler, out reason, out fix);
    }

    /// <summary>Attaches; the reason when the kernel refuses.</summary>
    public string? Arm()
    {
        foreach (var program in _programs)
        {
            if (IsArmed && _links.Count == _programs.Count)
            {
                return null;
            }

            var link = LibBpf.Attach(program);
            if (link == 0)
            {
                var errno = Marshal.GetLastPInvokeError();
                Disarm();
                return $"the kernel refuses to attach tracing: {Marshal.GetPInvokeErrorMessage(errno)}";
            }

            _links.Add(link);
        }

        return null;
    }

    public void Disarm()
    {
        foreach (var link in _links)
        {
            _ = LibBpf.LinkDestroy(link);
        }

        _links.Clear();
    }

    /// <summary>Adds what was counted since the last call, and the collapses since then.</summary>
    public void Read(Reading into)
    {
        var next = 0ul;
        var key = 0ul;
        SocketTotals totals;
        // The table may change under the walk, which then begins again: never more steps than it has places.
        for (var i = 0; i < MaxSockets && LibBpf.MapNextKey(_sockets, i == 0 ? null : &key, &next) == 0; i++)
        {
            key = next;
            if (LibBpf.MapLookup(_sockets, &key, &totals) == 0 && (!_seen.TryGetValue(key, out var before) || before != totals))
            {
                _seen[key] = totals;
                into.Traces.Add(Trace(key, totals));
            }
        }

        _into = into;
        _now = Stopwatch.GetTimestamp();
        _ = LibBpf.RingConsume(_ring);
        _into = null;
    }

    /// <summary>Which process holds which socket, by the kernel's own list of open files; null where it cannot be read.</summary>
    public Dictionary<uint, SocketOwner>? Owners()
    {
        var program = LibBpf.FindProgram(_object, "list_owners");
        var link = program == 0 ? 0 : LibBpf.Attach(program);
        if (link == 0)
        {
            return null;
        }

        var descriptor = LibBpf.IterateCreate(LibBpf.LinkDescriptor(link));
        Dictionary<uint, SocketOwner>? owners = null;
        if (descriptor >= 0)
        {
            using var file = new FileStream(new Microsoft.Win32.SafeHandles.SafeFileHandle(descriptor, ownsHandle: true), FileAccess.Read, bufferSize: 0);
            owners = ReadOwners(file);
        }

        _ = LibBpf.LinkDestroy(link);
        return owners;
    }

    /// <summary>The program that samples CPU clocks; 0 when it was not loaded.</summary>
    public nint Sampler => LibBpf.FindProgram(_object, "sample_stack");

    /// <summary>Ticks of all CPUs, and those of them within tcp_collapse.</summary>
    public (long All, long InCollapse) Ticks()
    {
        var map = LibBpf.FindMap(_object, "ticks");
        return (Sum(map, 0), Sum(map, 1));
    }

    public void Dispose()
    {
        Disarm();
        if (_ring != 0)
        {
            LibBpf.RingFree(_ring);
        }

        LibBpf.ObjectClose(_object);
        _self.Free();
    }

    private static CollapseTracer? TryLoad(KernelTypes types, bool withSampler, out string? reason, out string? fix)
    {
        fix = null;
        var bytes = Embedded();
        nint handle;
        fixed (byte* start = bytes)
        {
            handle = LibBpf.ObjectOpen(start, (nuint)bytes.Length, null);
        }

        if (handle == 0)
        {
            reason = $"libbpf cannot read the tracing program: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}";
            return null;
        }

        var tracer = new CollapseTracer(handle);
        // Which socket a segment was dropped for is the fifth argument since 6.12; the prototype begins with a pointer of the tracing's own.
        var seesDrops = types.TracepointArguments("kfree_skb") >= 4;
        var seesAutotuning = types.TracepointArguments("tcp_rcvbuf_grow") is not null;
        tracer.Missing = (seesDrops, seesAutotuning) switch
        {
            (true, true) => null,
            (false, true) => "drops of each socket",
            (true, false) => "autotuning",
            _ => "drops of each socket and autotuning",
        };
        foreach (var name in Programs)
        {
            var program = LibBpf.FindProgram(handle, name);
            if ((name == "see_drop" && !seesDrops) || (name == "see_autotuning" && !seesAutotuning))
            {
                _ = LibBpf.SetAutoload(program, false);
            }
            else
            {
                tracer._programs.Add(program);
            }
        }

        if (!withSampler)
        {
            _ = LibBpf.SetAutoload(tracer.Sampler, false);
        }

        var loaded = LibBpf.ObjectLoad(handle);
        reason = loaded < 0 ? Refusal(-loaded) : tracer.Prepare();
        fix = loaded == -PermissionDenied ? "run it as root, or give the program the two capabilities: setcap cap_bpf,cap_perfmon=ep FILE" : null;
        if (reason is null)
        {
            return tracer;
        }

        tracer.Dispose();
        return null;
    }

    // libbpf tells people to raise 'ulimit -l' for this errno; since 5.11 BPF memory is charged to the cgroup and that limit does nothing.
    internal static string Refusal(int errno) => errno == PermissionDenied
        ? "the kernel refuses BPF programs to this user: they need CAP_BPF and CAP_PERFMON, or root (it is not a matter of 'ulimit -l')"
        : $"the kernel refuses the tracing programs: {Marshal.GetPInvokeErrorMessage(errno)}";

    private static byte[] Embedded()
    {
        using var resource = typeof(CollapseTracer).Assembly.GetManifestResourceStream("collapse.bpf.o")!;
        var bytes = new byte[resource.Length];
        resource.ReadExactly(bytes);
        return bytes;
    }

    private string? Prepare()
    {
        // Maps have descriptors only from here on.
        _sockets = LibBpf.FindMap(_object, "sockets");
        _counters = LibBpf.FindMap(_object, "counters");
        var map = LibBpf.FindMap(_object, "settings");
        var collapse = Kallsyms.Find("tcp_collapse");
        ulong[] settings = [collapse?.First ?? 0, collapse?.Last ?? 0, NetworkNamespace.Current()];
        for (var i = 0u; i < settings.Length; i++)
        {
            var value = settings[i];
            if (LibBpf.MapUpdate(map, &i, &value, 0) < 0)
            {
                return "the kernel does not take the settings of tracing";
            }
        }

        _ring = LibBpf.RingNew(LibBpf.FindMap(_object, "collapses"), &OnCollapse, (void*)GCHandle.ToIntPtr(_self), null);
        return _ring == 0 ? $"the ring of events cannot be opened: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}" : null;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnCollapse(void* context, void* data, nuint length)
    {
        if (GCHandle.FromIntPtr((nint)context).Target is CollapseTracer { _into: { } into } self && length >= (nuint)sizeof(CollapseRecord))
        {
            var record = *(CollapseRecord*)data;
            var ago = (self._now - (long)record.EndedNanos) / 1000;
            into.Collapses.Add(new CollapseEvent(
                into.AtMicros - ago, record.Cookie, (long)record.DurationNanos, record.SkbsBefore, record.SkbsAfter,
                record.RmemBeforeBytes, record.RmemAfterBytes, record.RcvbufBytes));
        }

        return 0;
    }

    private static SocketTrace Trace(ulong cookie, in SocketTotals t) => new()
    {
        Cookie = cookie,
        OverLimitSegments = (long)t.OverLimitSegments,
        OverLimitNanos = (long)t.OverLimitNanos,
        Collapses = (long)t.Collapses,
        CollapseNanos = (long)t.CollapseNanos,
        LongestNanos = (long)t.LongestNanos,
        SkbsRemoved = (long)t.SkbsRemoved,
        FreedBytes = (long)t.FreedBytes,
        MemoryDrops = (long)t.MemoryDrops,
        WindowDrops = (long)t.WindowDrops,
        OfoPruned = (long)t.OfoPruned,
        AutotuneEvents = (long)t.AutotuneEvents,
        Drops = t.Drops,
    };

    private static Dictionary<uint, SocketOwner>? ReadOwners(FileStream file)
    {
        var owners = new Dictionary<uint, SocketOwner>();
        var buffer = new byte[256 * sizeof(OwnerRecord)];
        try
        {
            var have = 0;
            for (int read; (read = file.Read(buffer, have, buffer.Length - have)) > 0;)
            {
                have += read;
                var whole = have / sizeof(OwnerRecord) * sizeof(OwnerRecord);
                foreach (ref readonly var record in MemoryMarshal.Cast<byte, OwnerRecord>(buffer.AsSpan(0, whole)))
                {
                    ReadOnlySpan<byte> name = record.Name;
                    var end = name.IndexOf((byte)0);
                    owners.TryAdd((uint)record.Inode, new SocketOwner((int)record.ProcessId, Encoding.UTF8.GetString(end < 0 ? name : name[..end])));
                }

                buffer.AsSpan(whole, have - whole).CopyTo(buffer);
                have -= whole;
            }

            return owners;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private long Counter(uint which) => Sum(_counters, which);

    private long Sum(int map, uint key)
    {
        fixed (long* values = _perCpu)
        {
            return LibBpf.MapLookup(map, &key, values) == 0 ? _perCpu.Sum() : 0;
        }
    }
}
