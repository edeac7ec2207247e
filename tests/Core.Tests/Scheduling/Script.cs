namespace Swarm.Core.Tests.Scheduling;

/// <summary>A state driven by hand, one event at a time; each call gives the decisions of that step but the wake-ups.</summary>
internal sealed class Script(ContentLayout layout, SchedulerOptions? options = null)
{
    public const long MiB = 1 << 20;
    private readonly DecisionBuffer _decisions = new();

    public SwarmState State { get; } = new(layout, 1, options);

    public long NowMicros { get; set; } = 1_000_000;

    /// <summary>One file with a tree: 16 MiB in 1 MiB pieces.</summary>
    public static Script OneFile(long bytes = 16 * MiB) => new(ContentLayout.Single("f", bytes, (int)MiB, new Hash256(1, 2, 3, 4)));

    public Decision[] Step(EventKind kind, int id, int a = 0, long b = 0, long c = 0)
    {
        _decisions.Clear();
        State.Step(new(kind, new(NowMicros), id, a, b, c), _decisions);
        return [.. _decisions.Items.ToArray().Where(d => d.Kind != DecisionKind.WakeAt)];
    }

    /// <summary>Time passes in ticks of 50 ms, as the shell would wake the state.</summary>
    public Decision[] Wait(long micros)
    {
        var all = new List<Decision>();
        for (var end = NowMicros + micros; NowMicros < end;)
        {
            NowMicros += 50_000;
            all.AddRange(Step(EventKind.Wake, -1));
        }

        return [.. all];
    }

    public Decision[] Peer(int id, long rttMicros = 40_000, int blocks = 1024)
    {
        List<Decision> all =
        [
            .. Step(EventKind.SourceJoined, id, (int)SourceKind.Peer, 250, rttMicros),
            .. Step(EventKind.SourceHas, id, 0, blocks),
            .. Step(EventKind.Unchoked, id),
        ];
        return [.. all];
    }

    public Decision[] Deliver(int id, int block)
    {
        List<Decision> all = [.. Step(EventKind.Arrived, id, block, 16384), .. Step(EventKind.Admitted, id, block)];
        return [.. all];
    }

    public static IEnumerable<int> Blocks(IEnumerable<Decision> decisions, DecisionKind kind, int source) =>
        decisions.Where(d => d.Kind == kind && d.Source == source).SelectMany(d => Enumerable.Range(d.First, d.Count));
}
