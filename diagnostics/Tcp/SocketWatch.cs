using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp;

/// <summary>Probes and analysis together: sweeps again and again, as often as its budget of CPU time allows.</summary>
public sealed class SocketWatch : IDisposable
{
    /// <summary>Of one core, for the sweeps.</summary>
    private const double BudgetShare = 0.01;

    /// <summary>More often shows nothing more: a second without reading is the shortest thing that is judged.</summary>
    private static readonly TimeSpan ShortestPeriod = TimeSpan.FromMilliseconds(200);

    /// <summary>Less often would miss what a check of ten seconds is for; the share shown is then above the budget.</summary>
    private static readonly TimeSpan LongestPeriod = TimeSpan.FromSeconds(2);

    private readonly IReadOnlyList<IProbe> _probes;
    private readonly TimeProvider _time;
    private readonly Reading _reading = new();
    private readonly long _startedAt;
    private readonly List<IProbe> _present = [];
    private TimeSpan _spentFirst;
    private int _failedSweeps;

    /// <param name="probes">The watch owns them from here on.</param>
    public SocketWatch(IReadOnlyList<IProbe> probes, TimeProvider time)
    {
        _probes = probes;
        _time = time;
        _startedAt = time.GetTimestamp();
        var status = new List<ProbeStatus>();
        foreach (var probe in probes)
        {
            var reason = probe.Start();
            status.Add(new ProbeStatus(probe.Name, probe.Gives, reason));
            if (reason is null)
            {
                _present.Add(probe);
            }
        }

        Probes = status;
    }

    /// <summary>What this machine offers an unprivileged user.</summary>
    public static IReadOnlyList<IProbe> ProbesOfThisMachine() => [new InetDiagProbe(), new NetstatProbe()];

    public IReadOnlyList<ProbeStatus> Probes { get; }

    public Analyser Analyser { get; } = new();

    public int Sweeps { get; private set; }

    /// <summary>Time spent in probes and analysis.</summary>
    public TimeSpan Spent { get; private set; }

    public TimeSpan Elapsed => _time.GetElapsedTime(_startedAt);

    /// <summary>The last trouble of a probe that had started; null when there was none.</summary>
    public string? Problem { get; private set; }

    /// <summary>Of one core, since the watch began.</summary>
    public double CostShare => Elapsed > TimeSpan.Zero ? Spent / Elapsed : 0;

    /// <summary>Connections cannot be measured, for this reason; null when they can.</summary>
    public string? CannotMeasure =>
        Probes.FirstOrDefault(p => p.Name == InetDiagProbe.ProbeName) is { AbsentBecause: { } reason } ? reason
        : Sweeps > 0 && _failedSweeps == Sweeps ? Problem
        : null;

    /// <summary>Reads every probe once and judges.</summary>
    public void Sweep()
    {
        var start = _time.GetTimestamp();
        _reading.Begin((long)_time.GetElapsedTime(_startedAt, start).TotalMicroseconds);
        var failed = false;
        foreach (var probe in _present)
        {
            if (probe.Read(_reading) is { } problem)
            {
                Problem = $"{probe.Name}: {problem}";
                failed |= probe.Name == InetDiagProbe.ProbeName;
            }
        }

        // Half a list would look as if the other half had closed.
        if (failed)
        {
            _failedSweeps++;
        }
        else
        {
            Analyser.Observe(_reading.Host, _reading.Sockets.Samples);
        }

        Sweeps++;
        Spent += _time.GetElapsedTime(start);
        _spentFirst = Sweeps == 1 ? Spent : _spentFirst;
    }

    /// <summary>Sweeps for as long as told, the last time at its end.</summary>
    public async Task RunAsync(TimeSpan duration, CancellationToken cancellation)
    {
        var start = _time.GetTimestamp();
        Sweep();
        while (duration - _time.GetElapsedTime(start) is var left && left > TimeSpan.Zero)
        {
            await Task.Delay(left < Period() ? left : Period(), _time, cancellation);
            Sweep();
        }
    }

    public void Dispose()
    {
        foreach (var probe in _probes)
        {
            probe.Dispose();
        }
    }

    private TimeSpan Period()
    {
        // The first sweep is slow: code is compiled and buffers get their size.
        var wanted = Sweeps > 1 ? (Spent - _spentFirst) / (Sweeps - 1) / BudgetShare : ShortestPeriod;
        return wanted < ShortestPeriod ? ShortestPeriod : wanted > LongestPeriod ? LongestPeriod : wanted;
    }
}
