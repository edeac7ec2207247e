using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp;

/// <summary>Probes and analysis together: sweeps again and again, as often as its budget of CPU time allows, and looks at hot connections in between.</summary>
public sealed class SocketWatch : IDisposable
{
    /// <summary>Between two looks at the hot connections.</summary>
    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(100);

    /// <summary>Of the last sweeps the newest counts a quarter: one that was disturbed does not set the pace.</summary>
    private const double Weight = 0.25;

    /// <summary>The first sweeps are slow, as code is compiled and buffers get their size: they set no pace.</summary>
    private const int WarmSweeps = 3;

    private readonly IReadOnlyList<IProbe> _probes;
    private readonly TimeProvider _time;
    private readonly Func<TimeSpan> _cpu;
    private readonly Func<TimeSpan>? _process;
    private readonly SweepBudget _budget;
    private readonly Reading _reading = new();
    private readonly HotSet _hot = new();
    private readonly long _startedAt;
    private readonly List<IProbe> _present = [];
    private readonly TimeSpan _processAtStart = Environment.CpuUsage.TotalTime;
    private TimeSpan _startCost;
    private TimeSpan _sweepCost;
    private TimeSpan _choosingCost;
    private TimeSpan _nextSweep;
    private TimeSpan _nextLook;
    private int _failedSweeps;

    /// <param name="probes">The watch owns them from here on.</param>
    /// <param name="time">The clock.</param>
    /// <param name="budget">1 % of one core unless told otherwise.</param>
    /// <param name="cpu">CPU time of the calling thread.</param>
    /// <param name="process">CPU time of a process that does nothing but watch: then the budget holds for all of it. Null where it has other work.</param>
    public SocketWatch(
        IReadOnlyList<IProbe> probes, TimeProvider time, SweepBudget? budget = null, Func<TimeSpan>? cpu = null, Func<TimeSpan>? process = null)
    {
        _process = process;
        _probes = probes;
        _time = time;
        _cpu = cpu ?? ThreadClock.Now;
        _budget = budget ?? SweepBudget.Default;
        _startedAt = time.GetTimestamp();
        var status = new List<ProbeStatus>();
        foreach (var probe in probes)
        {
            var reason = probe.Start();
            status.Add(new ProbeStatus(probe.Name, probe.Gives, reason) { Fix = reason is null ? null : probe.Fix });
            if (reason is null)
            {
                _present.Add(probe);
            }
        }

        Probes = status;
    }

    /// <summary>What this machine and user offer; what is not to be had says why.</summary>
    public static IReadOnlyList<IProbe> ProbesOfThisMachine() => ProbesOfThisMachine(TraceMode.OnDemand);

    public static IReadOnlyList<IProbe> ProbesOfThisMachine(TraceMode tracing) => [new InetDiagProbe(), new NetstatProbe(), new TraceProbe(tracing)];

    public IReadOnlyList<ProbeStatus> Probes { get; }

    public Analyser Analyser { get; } = new();

    /// <summary>Gets every reading after the analyser did.</summary>
    public Action<Reading>? OnReading { get; set; }

    public int Sweeps { get; private set; }

    /// <summary>Looks at hot connections between sweeps.</summary>
    public int Looks { get; private set; }

    public int HotCount => _hot.Members.Count;

    /// <summary>CPU time spent in probes and analysis.</summary>
    public TimeSpan Spent { get; private set; }

    /// <summary>What tracing took from all cores, by its number of runs.</summary>
    public TimeSpan KernelSpent => _present.Aggregate(TimeSpan.Zero, static (sum, p) => sum + p.KernelCost);

    public TimeSpan Elapsed => _time.GetElapsedTime(_startedAt);

    /// <summary>The last trouble of a probe that had started; null when there was none.</summary>
    public string? Problem { get; private set; }

    /// <summary>Of one core, since the watch began.</summary>
    public double CostShare => Elapsed > TimeSpan.Zero ? (Spent + KernelSpent) / Elapsed : 0;

    /// <summary>
    /// What the whole process took of one core since the watch began, by the kernel's account: its runtime and its output are in it, and its start
    /// where it does nothing but watch.
    /// </summary>
    public double ProcessShare => Elapsed > TimeSpan.Zero ? (Environment.CpuUsage.TotalTime - (IsAllThatRuns ? TimeSpan.Zero : _processAtStart)) / Elapsed : 0;

    /// <summary>The process does nothing but watch: what it took is what the watch took.</summary>
    public bool IsAllThatRuns => _process is not null;

    /// <summary>The budget that the pace follows.</summary>
    public double BudgetShare => _budget.ShareOfCore;

    /// <summary>Connections cannot be measured, for this reason; null when they can.</summary>
    public string? CannotMeasure =>
        Probes.FirstOrDefault(p => p.Name == InetDiagProbe.ProbeName) is { AbsentBecause: { } reason } ? reason
        : Sweeps > 0 && _failedSweeps == Sweeps ? Problem
        : null;

    /// <summary>Adds what the caller spent on showing what was found: it is part of what the watch costs.</summary>
    public void Charge(TimeSpan cpu) => Spent += cpu;

    /// <summary>Reads every probe once and judges.</summary>
    public void Sweep()
    {
        var start = _cpu();
        _reading.Begin(Micros(Elapsed));
        var complete = ReadProbes();
        Sweeps++;
        if (complete)
        {
            Judge();
        }
        else
        {
            // Half a list would look as if the other half had closed.
            _failedSweeps++;
        }

        var judged = _cpu();
        // To choose the hot ones takes a third of a sweep: it counts, in the pace with what it took the last time.
        var cost = judged - start + _choosingCost;
        _sweepCost = Sweeps <= WarmSweeps ? cost : (_sweepCost * (1 - Weight)) + (cost * Weight);
        _nextLook = Elapsed + LookPeriod;
        _nextSweep = Elapsed + Period();
        var end = _cpu();
        _choosingCost = end - judged;
        Spent += end - start;
    }

    /// <summary>Waits until a sweep or a look is due, and does it.</summary>
    public async Task StepAsync(CancellationToken cancellation)
    {
        await WaitAsync(cancellation);
        cancellation.ThrowIfCancellationRequested();
        Step();
    }

    /// <summary>Waits until a sweep or a look is due.</summary>
    public Task WaitAsync(CancellationToken cancellation)
    {
        if (Sweeps == 0)
        {
            return Task.CompletedTask;
        }

        var due = _hot.Members.Count > 0 && _nextLook < _nextSweep ? _nextLook : _nextSweep;
        return due - Elapsed is var wait && wait > TimeSpan.Zero ? Task.Delay(wait, _time, cancellation) : Task.CompletedTask;
    }

    /// <summary>Does what is due.</summary>
    public void Step()
    {
        if (Sweeps > 0 && _hot.Members.Count > 0 && Elapsed < _nextSweep)
        {
            Look();
        }
        else
        {
            Sweep();
        }
    }

    /// <summary>Sweeps for as long as told, the last time at its end.</summary>
    public async Task RunAsync(TimeSpan duration, CancellationToken cancellation)
    {
        var end = Elapsed + duration;
        Sweep();
        while (end - Elapsed is var left && left > TimeSpan.Zero)
        {
            if (_nextSweep >= end && (_hot.Members.Count == 0 || _nextLook >= end))
            {
                await Task.Delay(left, _time, cancellation);
                Sweep();
                return;
            }

            await StepAsync(cancellation);
        }
    }

    /// <summary>The findings with the processes that hold their sockets.</summary>
    public IReadOnlyList<Finding> FindingsWithOwners() => SocketOwners.AddTo(Analyser.Findings(), OwnersOf);

    /// <summary>Which processes hold these sockets, and in which container each runs.</summary>
    public IReadOnlyDictionary<uint, SocketOwner> OwnersOf(IReadOnlySet<uint> inodes)
    {
        var contained = new Dictionary<int, SocketOwner>();
        var owners = new Dictionary<uint, SocketOwner>();
        foreach (var (inode, owner) in ProcessesOf(inodes))
        {
            if (inodes.Contains(inode))
            {
                if (!contained.TryGetValue(owner.ProcessId, out var known))
                {
                    contained.Add(owner.ProcessId, known = SocketOwners.WithContainer(owner));
                }

                owners[inode] = known;
            }
        }

        return owners;
    }

    /// <summary>From the kernel's own list where a probe has it, else from /proc.</summary>
    private IReadOnlyDictionary<uint, SocketOwner> ProcessesOf(IReadOnlySet<uint> inodes)
    {
        if (inodes.Count > 0)
        {
            foreach (var source in _present.OfType<IOwnerSource>())
            {
                if (source.Owners() is { } owners)
                {
                    return owners;
                }
            }
        }

        return SocketOwners.Find(inodes);
    }

    public void Dispose()
    {
        // What came later may stand on what came before.
        foreach (var probe in _probes.Reverse())
        {
            probe.Dispose();
        }
    }

    private static long Micros(TimeSpan time) => (long)time.TotalMicroseconds;

    private void Look()
    {
        var start = _cpu();
        _reading.Begin(Micros(Elapsed), whole: false);
        foreach (var socket in _hot.Members)
        {
            _reading.Wanted.Add(socket.Current);
        }

        Looks++;
        if (ReadProbes())
        {
            Judge();
        }

        Spent += _cpu() - start;
        _nextLook = Elapsed + LookPeriod;
    }

    private bool ReadProbes()
    {
        var complete = true;
        foreach (var probe in _present)
        {
            if (probe.Read(_reading) is { } problem)
            {
                Problem = $"{probe.Name}: {problem}";
                complete &= probe.Name != InetDiagProbe.ProbeName;
            }
        }

        return complete;
    }

    private void Judge()
    {
        _reading.ObserveBy(Analyser);
        OnReading?.Invoke(_reading);
    }

    private TimeSpan Period()
    {
        if (Sweeps < WarmSweeps)
        {
            _startCost = _process?.Invoke() ?? TimeSpan.Zero;
            _hot.Choose(Analyser, 0, LookPeriod);
            return _budget.Shortest;
        }

        var pace = PaceOf(_budget.PaceShare);
        if (pace <= LookPeriod * 2)
        {
            _hot.Choose(Analyser, 0, LookPeriod);
            return pace;
        }

        // Looks take half of the budget at most, and the sweeps what they leave.
        _hot.Choose(Analyser, _budget.PaceShare / 2, LookPeriod);
        return _hot.Members.Count == 0 ? pace : PaceOf(_budget.PaceShare / 2);
    }

    private TimeSpan PaceOf(double share)
    {
        var pace = _sweepCost / share;
        var paid = _process is null ? pace : _budget.UntilPaid(_process(), _startCost, Elapsed, _sweepCost);
        return Bounded(paid > pace ? paid : pace);
    }

    private TimeSpan Bounded(TimeSpan wanted) => wanted < _budget.Shortest ? _budget.Shortest : wanted > _budget.Longest ? _budget.Longest : wanted;
}
