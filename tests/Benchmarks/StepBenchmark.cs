using Swarm.Core;

namespace Swarm.Benchmarks;

/// <summary>The scheduler at work: 50 peers, 100 000 blocks, each event a block that one of them was asked for.</summary>
internal sealed class StepBenchmark
{
    public const int Events = 1_998;
    private const int Peers = 50;
    private const int Blocks = 100_000;
    private readonly SwarmState _state;
    private readonly DecisionBuffer _decisions = new();
    private readonly Queue<(int Source, int Block)> _asked = new(Blocks);
    private long _now = 1;
    private long _read;

    public StepBenchmark()
    {
        var layout = ContentLayout.Single("film", (long)Blocks * PieceLayout.BlockSize, 1 << 20, new(1, 1, 1, 1));
        _state = new(layout, seed: 1, new SchedulerOptions());
        Step(EventKind.HashesKnown, -1, 0, Blocks);
        Step(EventKind.ReaderOpened, 1_000, (int)ReaderHint.Bulk, 0, (long)Blocks * PieceLayout.BlockSize);
        for (var peer = 0; peer < Peers; peer++)
        {
            Step(EventKind.SourceJoined, peer, (int)SourceKind.Peer, 250, 20_000);
            Step(EventKind.SourceHas, peer, 0, Blocks);
            Step(EventKind.Unchoked, peer);
        }
    }

    /// <summary>A block arrives, is admitted, and the reader moves on by one: the window slides and new blocks are asked for.</summary>
    public void Run()
    {
        for (var i = 0; i < Events / 3; i++)
        {
            if (!_asked.TryDequeue(out var next))
            {
                throw new InvalidOperationException("nobody was asked: there is nothing to measure");
            }

            Step(EventKind.Arrived, next.Source, next.Block, PieceLayout.BlockSize);
            Step(EventKind.Admitted, next.Source, next.Block);
            Step(EventKind.ReaderAdvanced, 1_000, 0, ++_read * PieceLayout.BlockSize, 1);
        }
    }

    private void Step(EventKind kind, int id, int a = 0, long b = 0, long c = 0)
    {
        _now += 200;
        _decisions.Clear();
        _state.Step(new(kind, new(_now), id, a, b, c), _decisions);
        foreach (ref readonly var d in _decisions.Items)
        {
            for (var block = d.First; d.Kind == DecisionKind.Request && block < d.First + d.Count; block++)
            {
                _asked.Enqueue((d.Source, block));
            }
        }
    }
}
