using Swarm.Core;

namespace Swarm.Simulation;

/// <summary>
/// An origin in virtual time: one run per connection, its rate shared by the runs under way. Each reader brings its own connection
/// (its own credentials), and its own request is the first run of it.
/// </summary>
internal sealed class SimOrigin(World world, OriginPlan plan)
{
    /// <summary>The pump stops reading the origin this far ahead of the client: back-pressure.</summary>
    private const int AheadBlocks = 512;
    private readonly List<Run> _runs = [];
    private int _active;

    /// <summary>The permission request of a reader: its answer opens the reader and is the first run.</summary>
    public void Permit(SimReader reader, int source, Action opened)
    {
        world.Queue.After((2 * plan.RttMicros) + plan.TtfbMicros, () =>
        {
            world.Send(new(EventKind.SourceJoined, default, source, (int)SourceKind.Origin, 0, plan.RttMicros));
            if (world.Queue.NowMicros < plan.FailsAtMicros)
            {
                var first = reader.HeadBlock;
                var run = new Run(source, first, reader.EndBlock, reader);
                _runs.Add(run);
                world.Metrics.OriginRequests++;
                world.Send(new(EventKind.RunStarted, default, source, first, run.End - first, plan.RttMicros + plan.TtfbMicros));
                Deliver(run);
            }

            world.Send(new(EventKind.SourceHas, default, source, reader.FileStartBlock, reader.FileEndBlock - reader.FileStartBlock));
            opened();
        });
    }

    public void Request(int source, BlockRun asked, SimReader? reader)
    {
        world.Metrics.OriginRequests++;
        if (world.Queue.NowMicros >= plan.FailsAtMicros)
        {
            world.Queue.After(plan.RttMicros, () => world.Send(new(EventKind.Rejected, default, source, asked.First, asked.Count)));
            return;
        }

        var run = new Run(source, asked.First, asked.End, reader);
        _runs.Add(run);
        world.Queue.After((2 * plan.RttMicros) + plan.TtfbMicros, () =>
        {
            if (run.End <= run.Next)
            {
                End(run, RunEnd.Aborted);
                return;
            }

            world.Send(new(EventKind.RunStarted, default, source, run.Next, run.End - run.Next, plan.RttMicros + plan.TtfbMicros));
            Deliver(run);
        });
    }

    public void Cancel(int source, int first)
    {
        if (_runs.Find(r => r.Source == source) is { } run)
        {
            run.Cut = true;
            run.End = Math.Min(run.End, Math.Max(first, run.Next));
        }
    }

    public void Leave(int source) => _runs.RemoveAll(r => r.Source == source && (r.Dead = true));

    public bool IsDelivering(int block) => _runs.Exists(r => block >= r.Next && block < r.End);

    public bool IsBusy => _runs.Count > 0;

    public bool WouldServe => world.Queue.NowMicros < plan.FailsAtMicros;

    private void Deliver(Run run)
    {
        if (run.Dead)
        {
            return;
        }

        if (world.Queue.NowMicros >= plan.FailsAtMicros)
        {
            End(run, RunEnd.Failed);
            return;
        }

        if (run.Next >= run.End)
        {
            End(run, run.Cut ? RunEnd.Aborted : RunEnd.Complete);
            return;
        }

        if (run.Reader is { Open: true } reader && run.Next - reader.HeadBlock > AheadBlocks)
        {
            world.Queue.After(20_000, () => Deliver(run));
            return;
        }

        _active++;
        var bytes = world.Layout.BlockBytes(run.Next);
        var took = bytes * 1_000_000L * _active / plan.BytesPerSecond;
        world.Queue.After(took / 2, () =>
        {
            if (!run.Dead)
            {
                world.Send(new(EventKind.Progress, default, run.Source, run.Next, bytes / 2));
            }
        });
        world.Queue.After(took, () =>
        {
            _active--;
            if (run.Dead)
            {
                return;
            }

            if (run.Next < run.End)
            {
                world.OriginDelivered(run.Source, run.Next++);
            }

            Deliver(run);
        });
    }

    private void End(Run run, RunEnd how)
    {
        run.Dead = true;
        _runs.Remove(run);
        world.Send(new(EventKind.RunEnded, default, run.Source, run.Next, (long)how));
    }

    private sealed class Run(int source, int first, int end, SimReader? reader)
    {
        public int Source => source;
        public SimReader? Reader => reader;
        public int Next { get; set; } = first;
        public int End { get; set; } = end;
        public bool Cut { get; set; }
        public bool Dead { get; set; }
    }
}
