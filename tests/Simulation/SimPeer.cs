using Swarm.Core;

namespace Swarm.Simulation;

/// <summary>A peer in virtual time: serves first in, first out at its rate, half a round trip away.</summary>
internal sealed class SimPeer(World world, int id, PeerPlan plan, SplitMix64 random)
{
    private const int ProgressBytes = 4096;
    private readonly LinkedList<int> _queue = new();
    private readonly HashSet<int> _hashedPieces = [];
    private readonly HashSet<int> _pieces = [];
    private SplitMix64 _random = random;
    private bool _serving;
    private bool _choking = true;
    private bool _gone = true;
    private long _bornAtMicros;

    public int Id => id;

    public bool Has(Quirks quirk) => (plan.Quirks & quirk) != 0;

    /// <summary>Would it deliver a good copy of the block if asked now?</summary>
    public bool WouldServe(int block) =>
        !_gone && !_choking && !IsMute && !Has(Quirks.Liar) && _pieces.Contains(block / world.Layout.BlocksPerPiece);

    /// <summary>Nothing asked of it is left to serve.</summary>
    public bool Idle => _queue.Count == 0 && !_serving;

    private bool IsMute => Has(Quirks.Mute) || (Has(Quirks.GoesMute) && world.Queue.NowMicros > _bornAtMicros + plan.MuteAfterMicros);

    public void Start()
    {
        for (var p = 0; p < world.Layout.PieceCount; p++)
        {
            if (_random.Next(100) < plan.HasPercent)
            {
                _pieces.Add(p);
            }
        }

        world.Queue.At(plan.JoinsAtMicros + (2 * plan.RttMicros), Join); // connect and handshake
        if (plan.LeavesAtMicros < long.MaxValue)
        {
            world.Queue.At(plan.LeavesAtMicros, Leave);
        }
    }

    public void Request(int block)
    {
        world.Queue.After(plan.RttMicros / 2, () =>
        {
            if (_gone)
            {
                return;
            }

            if (_choking || !_pieces.Contains(block / world.Layout.BlocksPerPiece) || (Has(Quirks.Rejects) && _random.Next(10) == 0))
            {
                Reject(block);
                return;
            }

            _queue.AddLast(block);
            Serve();
        });
    }

    public void Cancel(int block)
    {
        world.Queue.After(plan.RttMicros / 2, () =>
        {
            if (!_gone && _queue.Remove(block))
            {
                Reject(block);
            }
        });
    }

    public void AskHashes(BlockRun run)
    {
        if (Has(Quirks.SilentHashes))
        {
            return;
        }

        world.Queue.After(plan.RttMicros, () =>
        {
            if (_gone)
            {
                return;
            }

            var first = run.First / world.Layout.BlocksPerPiece;
            var last = Math.Min(run.End, world.Layout.BlockCount) - 1;
            var hashed = true;
            for (var p = first; p <= last / world.Layout.BlocksPerPiece; p++)
            {
                hashed &= !Has(Quirks.SeedMode) || _hashedPieces.Contains(p);
            }

            if (Has(Quirks.RefusesHashes) || !hashed)
            {
                world.Send(new(EventKind.HashesRefused, default, id, run.First, run.Count));
            }
            else
            {
                world.HashesArrived(id, run);
            }
        });
    }

    private void Join()
    {
        _gone = false;
        _bornAtMicros = world.Queue.NowMicros;
        world.Send(new(EventKind.SourceJoined, default, id, (int)SourceKind.Peer, 250, plan.RttMicros));
        foreach (var p in _pieces.Order())
        {
            world.Send(new(EventKind.SourceHas, default, id, p * world.Layout.BlocksPerPiece, world.Layout.BlocksPerPiece));
        }

        world.Queue.After(plan.RttMicros, () => Choke(false));
        if (Has(Quirks.Chokes))
        {
            world.Queue.After(3_000_000 + _random.Next(3_000_000), ChokeNow);
        }
    }

    private void Leave()
    {
        if (!_gone)
        {
            _gone = true;
            _queue.Clear();
            world.Send(new(EventKind.SourceLeft, default, id));
        }
    }

    private void ChokeNow()
    {
        Choke(true);
        world.Queue.After(2_000_000, () => Choke(false));
        world.Queue.After(8_000_000, ChokeNow);
    }

    private void Choke(bool choking)
    {
        if (_gone || _choking == choking)
        {
            return;
        }

        _choking = choking;
        world.Send(choking
            ? new(EventKind.Choked, default, id, C: Has(Quirks.NoFast) ? 1 : 0)
            : new(EventKind.Unchoked, default, id));
        if (choking)
        {
            foreach (var block in _queue)
            {
                Reject(block);
            }

            _queue.Clear();
        }
    }

    private void Reject(int block)
    {
        world.Closed(id, block);
        if (!Has(Quirks.NoFast))
        {
            world.Queue.After(plan.RttMicros / 2, () =>
            {
                if (!_gone)
                {
                    world.Send(new(EventKind.Rejected, default, id, block, 1));
                }
            });
        }
    }

    private void Serve()
    {
        if (_serving || _queue.Count == 0 || IsMute || _gone)
        {
            return;
        }

        _serving = true;
        var block = _queue.First!.Value;
        _queue.RemoveFirst();
        var piece = block / world.Layout.BlocksPerPiece;
        var delay = Has(Quirks.SeedMode) && _hashedPieces.Add(piece) ? 80_000 : 0;
        var bytes = world.Layout.BlockBytes(block);
        var took = bytes * 1_000_000L / plan.BytesPerSecond;
        if (took > 40_000)
        {
            for (var sent = ProgressBytes; sent < bytes; sent += ProgressBytes)
            {
                var soFar = sent;
                world.Queue.After(delay + (took * sent / bytes) + (plan.RttMicros / 2), () =>
                {
                    if (!_gone)
                    {
                        world.Send(new(EventKind.Progress, default, id, block, soFar));
                    }
                });
            }
        }

        world.Queue.After(delay + took, () =>
        {
            _serving = false;
            if (!_gone)
            {
                world.Receive(id, block, Has(Quirks.Liar), plan.RttMicros / 2);
                Serve();
            }
        });
    }
}
