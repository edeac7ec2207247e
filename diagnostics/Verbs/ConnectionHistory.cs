using Swarm.Diagnostics.Analysis;
using Swarm.Diagnostics.Tcp;

namespace Swarm.Diagnostics.Verbs;

/// <summary>How one connection's memory went, in a bounded number of points: when it is full, every second point goes.</summary>
internal sealed class ConnectionHistory
{
    private const int MaxPoints = 2048;

    private int _stride = 1;
    private int _skipped;

    public List<double> RmemAlloc { get; } = [];

    public List<double> Rcvbuf { get; } = [];

    public List<double> Payload { get; } = [];

    public List<CollapseEvent> Collapses { get; } = [];

    public int Samples { get; private set; }

    public long FirstMicros { get; private set; }

    public long LastMicros { get; private set; }

    public void Add(in SocketSample sample)
    {
        FirstMicros = Samples == 0 ? sample.AtMicros : FirstMicros;
        LastMicros = sample.AtMicros;
        Samples++;
        if (++_skipped < _stride)
        {
            return;
        }

        _skipped = 0;
        RmemAlloc.Add(sample.RmemAllocBytes);
        Rcvbuf.Add(sample.RcvbufBytes);
        Payload.Add(sample.PayloadBytes);
        if (RmemAlloc.Count >= MaxPoints)
        {
            _stride *= 2;
            Halve(RmemAlloc);
            Halve(Rcvbuf);
            Halve(Payload);
        }
    }

    /// <summary>Takes the collapses of one socket out of a reading.</summary>
    public void AddCollapses(Reading reading, ulong cookie)
    {
        foreach (ref readonly var collapse in reading.Collapses.Items)
        {
            if (collapse.Cookie == cookie && Collapses.Count < MaxPoints)
            {
                Collapses.Add(collapse);
            }
        }
    }

    // The larger of each pair stays: peaks are what one looks for.
    private static void Halve(List<double> values)
    {
        for (var i = 0; i + 1 < values.Count; i += 2)
        {
            values[i / 2] = Math.Max(values[i], values[i + 1]);
        }

        values.RemoveRange(values.Count / 2, values.Count - (values.Count / 2));
    }
}
