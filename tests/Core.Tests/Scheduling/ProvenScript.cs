namespace Swarm.Core.Tests.Scheduling;

/// <summary>A script that starts with hashes known, a reader at 0 and one peer (1) that has just delivered block 0 at 819 kB/s. Keeps the books.</summary>
internal sealed class ProvenScript
{
    private readonly Script _script = Script.OneFile();
    private readonly List<(int Source, int Block)> _pending = [];

    public ProvenScript(ReaderHint hint = ReaderHint.Unknown)
    {
        Step(EventKind.HashesKnown, -1, 0, 1024);
        Step(EventKind.ReaderOpened, 1, (int)hint, 0, 16 * Script.MiB);
        Peer(1);
        NowMicros += 60_000;
        Deliver(1, 0);
    }

    public long NowMicros { get => _script.NowMicros; set => _script.NowMicros = value; }

    public List<int> Delivered { get; } = [];

    /// <summary>Outstanding at peer 1, in the order of asking.</summary>
    public IReadOnlyList<int> Asked => [.. PendingOf(1)];

    public IEnumerable<int> PendingOf(int source) => _pending.Where(p => p.Source == source).Select(p => p.Block).ToArray();

    public int Probe(int source) => PendingOf(source).Single();

    public Decision[] Step(EventKind kind, int id, int a = 0, long b = 0, long c = 0) => Book(_script.Step(kind, id, a, b, c));

    public Decision[] Wait(long micros) => Book(_script.Wait(micros));

    public Decision[] Peer(int id) => Book(_script.Peer(id));

    public Decision[] Deliver(int id, int block)
    {
        _pending.Remove((id, block));
        Delivered.Add(block);
        return Book(_script.Deliver(id, block));
    }

    public void DeliverPending(int id, int block) => Deliver(id, block);

    private Decision[] Book(Decision[] decisions)
    {
        foreach (var d in decisions)
        {
            for (var b = d.First; b < d.First + d.Count; b++)
            {
                if (d.Kind == DecisionKind.Request)
                {
                    _pending.Add((d.Source, b));
                }
                else if (d.Kind == DecisionKind.Cancel)
                {
                    _pending.Remove((d.Source, b));
                }
            }
        }

        return decisions;
    }
}
