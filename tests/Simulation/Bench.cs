using System.Diagnostics;
using Swarm.Core;

namespace Swarm.Simulation;

/// <summary>
/// Drives one large state as fast as it goes: sources with different rates deliver what they are asked for, in the order of their
/// virtual completion. Measures time and allocation of <c>Step</c> alone.
/// </summary>
public sealed class Bench
{
    private readonly SwarmState _state;
    private readonly DecisionBuffer _decisions = new();
    private readonly Queue<int>[] _asked;
    private readonly long[] _microsPerBlock;
    private readonly PriorityQueue<int, (long At, int Source)> _due = new();
    private readonly bool[] _running;
    private readonly bool[] _have;
    private readonly int _blocks;
    private readonly long[] _nanos = new long[1 << 20];
    private long _wakeAt = long.MaxValue;
    private long _now;
    private int _head;

    public Bench(int sources, int blocks)
    {
        _blocks = blocks;
        var bytes = (long)blocks * PieceLayout.BlockSize;
        _state = new(ContentLayout.Single("f", bytes, 1 << 20, new Hash256(1, 1, 1, 1)), 7);
        _asked = new Queue<int>[sources];
        _microsPerBlock = new long[sources];
        _running = new bool[sources];
        _have = new bool[blocks];
        Step(new(EventKind.HashesKnown, default, -1, 0, blocks));
        for (var s = 0; s < sources; s++)
        {
            _asked[s] = new Queue<int>(2048);
            _microsPerBlock[s] = PieceLayout.BlockSize * 1_000_000L / (200_000 + (s * 37_000));
            Step(new(EventKind.SourceJoined, default, s, (int)SourceKind.Peer, 500, 20_000 + (s * 1000)));
            Step(new(EventKind.SourceHas, default, s, 0, blocks));
            Step(new(EventKind.Unchoked, default, s));
        }

        Step(new(EventKind.ReaderOpened, default, 1, (int)ReaderHint.Bulk, 0, bytes));
    }

    public long AllocatedBytes { get; private set; }

    public int Events { get; private set; }

    public bool Done => _head >= _blocks;

    /// <summary>Median and 99th percentile of a step in nanoseconds, since the last reset.</summary>
    public (double Median, double P99) Nanos()
    {
        var sorted = _nanos.AsSpan(0, Math.Min(Events, _nanos.Length)).ToArray();
        Array.Sort(sorted);
        return sorted.Length == 0 ? (0, 0) : (sorted[sorted.Length / 2], sorted[(int)(sorted.Length * 0.99)]);
    }

    public void Reset()
    {
        Events = 0;
        AllocatedBytes = 0;
    }

    /// <summary>Runs until so many more events were stepped, or everything is here.</summary>
    public void Run(int events)
    {
        var until = Events + events;
        while (Events < until && !Done)
        {
            if (!_due.TryPeek(out var source, out var next) || next.At > _wakeAt)
            {
                _now = Math.Max(_now, _wakeAt);
                _wakeAt = long.MaxValue;
                Step(new(EventKind.Wake, default, -1));
                continue;
            }

            _due.Dequeue();
            _now = Math.Max(_now, next.At);
            _running[source] = false;
            var block = _asked[source].Dequeue();
            StartNext(source);
            Step(new(EventKind.Arrived, default, source, block, PieceLayout.BlockSize));
            Step(new(EventKind.Admitted, default, source, block));
            _have[block] = true;
            if (block == _head)
            {
                var before = _head;
                while (_head < _blocks && _have[_head])
                {
                    _head++;
                }

                if (_head / 16 != before / 16)
                {
                    Step(new(EventKind.ReaderAdvanced, default, 1, 0, (long)_head * PieceLayout.BlockSize, 1));
                }
            }
        }
    }

    private void StartNext(int source)
    {
        if (!_running[source] && _asked[source].Count > 0)
        {
            _running[source] = true;
            _due.Enqueue(source, (_now + _microsPerBlock[source], source));
        }
    }

    private void Step(SwarmEvent e)
    {
        e = e with { At = new(_now) };
        _decisions.Clear();
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var started = Stopwatch.GetTimestamp();
        _state.Step(e, _decisions);
        var ended = Stopwatch.GetTimestamp();
        AllocatedBytes += GC.GetAllocatedBytesForCurrentThread() - allocated;
        if (Events < _nanos.Length)
        {
            _nanos[Events] = (long)((ended - started) * (1e9 / Stopwatch.Frequency));
        }

        Events++;
        foreach (ref readonly var d in _decisions.Items)
        {
            if (d.Kind == DecisionKind.WakeAt)
            {
                _wakeAt = d.At.Micros;
            }
            else if (d.Kind == DecisionKind.Request)
            {
                for (var b = d.First; b < d.First + d.Count; b++)
                {
                    _asked[d.Source].Enqueue(b);
                }

                StartNext(d.Source);
            }
        }
    }
}
