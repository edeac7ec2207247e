using Swarm.Core;

namespace Swarm.Simulation;

/// <summary>The thin origin of a crowd: answers runs, one a viewer at a time, its uplink fair among the connections.</summary>
internal sealed class CrowdOrigin
{
    private readonly CrowdWorld _world;
    private readonly List<Run> _runs = [];
    private int _turn;

    public CrowdOrigin(CrowdWorld world, CrowdLine line)
    {
        _world = world;
        Line = line;
        line.SendNext = SendNext;
    }

    public CrowdLine Line { get; }

    public long SentBytes { get; private set; }

    public int Requests { get; private set; }

    /// <summary>A request of a viewer; on a new connection after its handshake.</summary>
    public Run Ask(CrowdViewer viewer, int connection, BlockRun blocks, bool newConnection)
    {
        var run = new Run(viewer, connection, blocks);
        Requests++;
        if (newConnection)
        {
            Line.ResetFlow(run.Flow);
        }

        var handshake = newConnection ? 2 * viewer.Line.DelayTo(Line) : 0;
        _world.Queue.After(handshake + viewer.Line.DelayTo(Line) + viewer.Line.BacklogMicros, () =>
        {
            if (!run.IsOver)
            {
                _runs.Add(run);
                Line.Kick();
            }
        });
        return run;
    }

    /// <summary>The viewer closed the connection; what is queued is sent all the same.</summary>
    public void Abort(Run run)
    {
        run.IsOver = true;
        run.Viewer.Line.Tell(Line, () => _runs.Remove(run));
    }

    private bool SendNext()
    {
        for (var i = 1; i <= _runs.Count; i++)
        {
            var at = (_turn + i) % _runs.Count;
            var run = _runs[at];
            if (!Line.MaySendTo(run.Flow))
            {
                continue;
            }

            _turn = at;
            var block = run.Next++;
            if (run.Next >= run.End)
            {
                _runs.RemoveAt(at);
            }

            var bytes = _world.Layout.BlockBytes(block);
            SentBytes += bytes;
            Line.Send(run.Viewer.Line, run.Flow, bytes, () => run.Viewer.OriginDelivered(run, block));
            return true;
        }

        return false;
    }

    internal sealed class Run(CrowdViewer viewer, int connection, BlockRun blocks)
    {
        public CrowdViewer Viewer => viewer;

        public int Connection => connection;

        /// <summary>Its flow on the origin's line.</summary>
        public int Flow => (viewer.Index << 4) + connection;

        public BlockRun Blocks => blocks;

        /// <summary>The next block to be sent.</summary>
        public int Next { get; set; } = blocks.First;

        public int End => blocks.End;

        /// <summary>One past the last block that the viewer still wants of it.</summary>
        public int WantedEnd { get; set; } = blocks.End;

        public bool HasStarted { get; set; }

        public bool IsOver { get; set; }
    }
}
