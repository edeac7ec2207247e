using Swarm.Core;

namespace Swarm.Simulation;

/// <summary>
/// One viewer of a crowd: a <see cref="SwarmState"/> with a shell in virtual time around it. It verifies as the real one: an origin's
/// block is released at once and told to others when its leaf hash is sure; leaf hashes of a piece are sure once all of them are
/// known, by whoever fetched the blocks; without a tree whole pieces are.
/// </summary>
internal sealed class CrowdViewer : IReaderHost
{
    /// <summary>Origin sources have this id and up: each is one connection.</summary>
    private const int OriginId = 1000;

    private const int OriginConnections = 1;
    private readonly CrowdWorld _world;
    private readonly bool _crowd;
    private readonly ulong _seed;
    private readonly DecisionBuffer _decisions = new();
    private readonly List<SwarmEvent> _log = [];
    private readonly SortedDictionary<int, Peer> _peers = [];
    private readonly bool[] _admitted;
    private readonly bool[] _parked;
    private readonly bool[] _leafHeard;
    private readonly bool[] _fetched;
    private readonly bool[] _sure;
    private readonly int[] _sent;
    private readonly CrowdOrigin.Run?[] _runs = new CrowdOrigin.Run?[OriginConnections];
    private readonly bool[] _connected = new bool[OriginConnections];
    private bool _backlogged;

    /// <summary>A whole piece was as the torrent says: what its origin sends is what the others want.</summary>
    private bool _confirmed;
    private DecisionDigest _digest;
    private long _wakeGeneration;

    public CrowdViewer(CrowdWorld world, int index, CrowdLine line, ViewerKind kind, long opensAtMicros, ulong seed, bool crowd)
    {
        _world = world;
        _crowd = crowd;
        _seed = seed;
        Index = index;
        Line = line;
        Kind = kind;
        State = new(world.Layout, seed);
        var blocks = world.Layout.BlockCount;
        (_admitted, _parked, _leafHeard, _fetched, _sure, _sent) =
            (new bool[blocks], new bool[blocks], new bool[blocks], new bool[blocks], new bool[blocks], new int[blocks]);
        var plan = new ReaderPlan(opensAtMicros, 0, world.ContentBytes, world.Scenario.MediaBytesPerSecond, BufferSeconds: 20) { ResumeMillis = 2000 };
        Reader = new(this, 1, plan);
        line.SendNext = ServeNext;
    }

    public int Index { get; }
    public CrowdLine Line { get; }
    public ViewerKind Kind { get; }
    public SwarmState State { get; }
    public SimReader Reader { get; }
    public long DuplicateBytes { get; private set; }
    public long ReceivedBytes { get; private set; }
    public long UnverifiedServed { get; private set; }
    public long Messages { get; private set; }
    public EventQueue Queue => _world.Queue;
    public ContentLayout Layout => _world.Layout;

    /// <summary>How many blocks are here without a gap.</summary>
    public int Prefix => Array.IndexOf(_admitted, false) is >= 0 and var n ? n : _admitted.Length;

    private ulong Key => SplitMix64.Mix(_seed ^ 0xC40D);

    public void Start()
    {
        Reader.Start();
        if (_crowd)
        {
            Send(new(EventKind.CrowdKey, default, -1, 0, (long)Key));
        }
    }

    /// <summary>The same log gives the same decisions and the same state.</summary>
    public bool ReplaysIdentically()
    {
        var state = new SwarmState(Layout, _seed);
        var digest = default(DecisionDigest);
        Span<byte> wire = stackalloc byte[SwarmEvent.Size];
        foreach (var e in _log)
        {
            e.Write(wire);
            _decisions.Clear();
            state.Step(SwarmEvent.Read(wire), _decisions);
            digest.Add(_decisions.Items);
        }

        return digest.Value == _digest.Value && state.Digest() == State.Digest();
    }

    /// <summary>The tracker named others, who are being dialled.</summary>
    public void Expect(long micros)
    {
        if (_crowd)
        {
            Send(new(EventKind.ViewersExpected, default, -1, 0, Queue.NowMicros + micros));
        }
    }

    /// <summary>The connection to another viewer is up.</summary>
    public void Connected(CrowdViewer other)
    {
        if (Line.IsDead || _peers.ContainsKey(other.Index))
        {
            return;
        }

        _peers.Add(other.Index, new(other));
        Send(new(EventKind.SourceJoined, default, other.Index, (int)SourceKind.Peer, 250, 2 * Line.DelayTo(other.Line)));
        if (_crowd)
        {
            Send(new(EventKind.CrowdKey, default, other.Index, 0, (long)other.Key, 1));
        }

        other.Greet(this);
    }

    public void Send(SwarmEvent e)
    {
        e = e with { At = new(Queue.NowMicros) };
        _log.Add(e);
        _decisions.Clear();
        State.Step(e, _decisions);
        _digest.Add(_decisions.Items);
        foreach (var decision in _decisions.Items.ToArray())
        {
            Perform(decision);
        }
    }

    public void Permit(SimReader reader, Action opened)
    {
        // The client's own request is the first run, open-ended; its answer's first block brings everything else.
        var first = _runs[0] = _world.Origin.Ask(this, 0, new(0, Layout.BlockCount), newConnection: true);
        Queue.After(4 * Line.DelayTo(_world.Origin.Line), () =>
        {
            for (var i = 0; i < OriginConnections; i++)
            {
                Send(new(EventKind.SourceJoined, default, OriginId + i, (int)SourceKind.Origin, 0, 2 * Line.DelayTo(_world.Origin.Line)));
                if (i == 0)
                {
                    Started(first);
                }

                Send(new(EventKind.SourceHas, default, OriginId + i, 0, Layout.BlockCount));
            }

            opened();
            _world.Announce(this);
        });
        _connected[0] = true;
    }

    public void ReaderGone(SimReader reader)
    {
        for (var i = 0; i < OriginConnections; i++)
        {
            Send(new(EventKind.SourceLeft, default, OriginId + i));
        }
    }

    public void OriginDelivered(CrowdOrigin.Run run, int block)
    {
        ReceivedBytes += Layout.BlockBytes(block);
        if (run != _runs[run.Connection] || run.IsOver || block >= run.WantedEnd)
        {
            return; // it was on the way when the connection was closed
        }

        if (!run.HasStarted)
        {
            Started(run);
        }

        DuplicateBytes += _admitted[block] ? Layout.BlockBytes(block) : 0;
        _parked[block] = false;
        var isNew = !_fetched[block];
        _fetched[block] = true;
        Admit(OriginId + run.Connection, block);
        if (isNew)
        {
            if (Layout.Files[0].PiecesRoot.IsZero)
            {
                JudgePiece(block);
            }
            else if (!_sure[block])
            {
                TellAll(v => v.HearLeaf(block));
                HearLeaf(block);
                JudgePiece(block);
                if (_confirmed && !_sure[block])
                {
                    TellHave(block); // its own origin's, of a version whose tree is confirmed: who takes it holds it until the piece is sure
                }
            }
            else
            {
                TellHave(block);
            }
        }

        if (!run.IsOver && block + 1 >= run.WantedEnd)
        {
            EndRun(run, run.WantedEnd < run.End ? RunEnd.Aborted : RunEnd.Complete);
        }
    }

    public long ReleasedUntil(long position, long end)
    {
        while (position < end && _admitted[(int)(position / PieceLayout.BlockSize)])
        {
            position = ((position / PieceLayout.BlockSize) + 1) * PieceLayout.BlockSize;
        }

        return Math.Min(position, end);
    }

    public void CheckRelease(long position, long count)
    {
        var run = PieceLayout.BlocksOver(new ByteRange(position, count));
        for (var b = run.First; b < run.End; b++)
        {
            UnverifiedServed += _admitted[b] && (_fetched[b] || _sure[b]) ? 0 : 1;
        }
    }

    // --- As a server of others

    /// <summary>To a newcomer: what is here, hashes of what is not sure yet, and leave to ask.</summary>
    private void Greet(CrowdViewer other)
    {
        for (var b = 0; b < _admitted.Length; b++)
        {
            var block = b;
            if (_admitted[b] && _sure[b])
            {
                Line.Tell(other.Line, () => other.HearHave(Index, block));
            }
            else if (_fetched[b])
            {
                Line.Tell(other.Line, () => other.HearLeaf(block));
                if (_confirmed)
                {
                    Line.Tell(other.Line, () => other.HearHave(Index, block));
                }
            }
        }

        if (Kind != ViewerKind.FreeRider)
        {
            var delay = _world.Scenario.UnchokeMicros > 0 ? _world.Draw((int)_world.Scenario.UnchokeMicros) : 0;
            Queue.After(delay + Line.DelayTo(other.Line), () =>
            {
                if (!other.Line.IsDead)
                {
                    other.Send(new(EventKind.Unchoked, default, Index));
                }
            });
        }
    }

    private void HearRequest(int from, int block, long deadlineMicros)
    {
        if (Kind != ViewerKind.Silent && _peers.TryGetValue(from, out var peer))
        {
            peer.Asked.Add((block, deadlineMicros));
            TellBacklog();
            Line.Kick();
        }
    }

    private void HearCancel(int from, int block)
    {
        if (_peers.TryGetValue(from, out var peer))
        {
            peer.Asked.RemoveAll(r => r.Block == block);
        }
    }

    private bool ServeNext()
    {
        var best = long.MaxValue;
        Peer? to = null;
        var at = -1;
        foreach (var peer in _peers.Values)
        {
            if (!Line.MaySendTo(peer.Viewer.Index))
            {
                continue;
            }

            for (var i = 0; i < peer.Asked.Count; i++)
            {
                var (asked, deadline) = peer.Asked[i];
                var rank = UploadOrder.Rank(deadline - Queue.NowMicros, _peers.Values.Count(p => p.Has.Contains(asked)) + _sent[asked]);
                if (rank < best)
                {
                    (best, to, at) = (rank, peer, i);
                }
            }
        }

        if (to is null)
        {
            return false;
        }

        var block = to.Asked[at].Block;
        to.Asked.RemoveAt(at);
        _sent[block]++;
        Line.Send(to.Viewer.Line, to.Viewer.Index, Layout.BlockBytes(block), () => to.Viewer.PeerDelivered(Index, block));
        TellBacklog();
        return true;
    }

    private void TellBacklog()
    {
        var bytes = _peers.Values.Sum(p => p.Asked.Count) * (double)PieceLayout.BlockSize;
        var micros = (long)(bytes / Line.UpBytesPerMicro);
        var backlogged = micros > 500_000;
        if (_crowd && backlogged != _backlogged)
        {
            _backlogged = backlogged;
            Send(new(EventKind.UploadBacklog, default, -1, 0, micros));
        }
    }

    // --- As a reader of others

    private void HearHave(int from, int block)
    {
        if (_peers.TryGetValue(from, out var peer) && peer.Has.Add(block))
        {
            Send(new(EventKind.SourceHas, default, from, block, 1));
        }
    }

    private void HearClaim(int from, BlockRun run)
    {
        if (_peers.ContainsKey(from))
        {
            Send(new(EventKind.Claimed, default, from, run.First, run.Count));
        }
        else
        {
            // Both ends of a connection come up at their own times here; on a real one nothing overtakes the handshake.
            Queue.After(10_000, () => HearClaim(from, run));
        }
    }

    private void HearLeaf(int block)
    {
        if (_leafHeard[block])
        {
            return;
        }

        _leafHeard[block] = true;
        var (first, end) = PieceOf(block);
        for (var b = first; b < end; b++)
        {
            if (!_leafHeard[b])
            {
                return;
            }
        }

        LearnPiece(first, end, -1);
    }

    private void LearnPiece(int first, int end, int from)
    {
        for (var b = first; b < end; b++)
        {
            _sure[b] = _leafHeard[b] = true;
        }

        Send(new(EventKind.HashesKnown, default, from, first, end - first));
        for (var b = first; b < end; b++)
        {
            if (_parked[b])
            {
                _parked[b] = false;
                Admit(-1, b);
            }

            if (_admitted[b])
            {
                TellHave(b);
            }
        }

        if (!_confirmed)
        {
            _confirmed = true;
            for (var b = 0; b < _fetched.Length; b++)
            {
                if (_fetched[b] && !_sure[b])
                {
                    TellHave(b);
                }
            }
        }
    }

    private void PeerDelivered(int from, int block)
    {
        var bytes = Layout.BlockBytes(block);
        ReceivedBytes += bytes;
        Send(new(EventKind.Arrived, default, from, block, bytes));
        if (_admitted[block] || _parked[block])
        {
            DuplicateBytes += bytes;
        }
        else if (_sure[block])
        {
            Admit(from, block);
            TellHave(block);
        }
        else
        {
            _parked[block] = true;
            JudgePiece(block);
        }
    }

    /// <summary>A piece whose blocks are all here verifies; without a tree others hear of it only then.</summary>
    private void JudgePiece(int block)
    {
        var (first, end) = PieceOf(block);
        for (var b = first; b < end; b++)
        {
            if (_sure[b] || (!_admitted[b] && !_parked[b]))
            {
                return;
            }
        }

        if (!Layout.Files[0].PiecesRoot.IsZero)
        {
            LearnPiece(first, end, -1);
            return;
        }

        for (var b = first; b < end; b++)
        {
            _sure[b] = true;
            if (_parked[b])
            {
                _parked[b] = false;
                Admit(-1, b);
            }

            TellHave(b);
        }
    }

    private void AnswerHashes(CrowdViewer asker, BlockRun run)
    {
        var known = true;
        for (var b = run.First; b < Math.Min(run.End, _sure.Length); b++)
        {
            known &= _sure[b];
        }

        Line.Tell(asker.Line, () =>
        {
            if (known)
            {
                asker.LearnRun(run, Index);
            }
            else
            {
                asker.Send(new(EventKind.HashesRefused, default, Index, run.First, run.Count));
            }
        });
    }

    private void LearnRun(BlockRun run, int from) => LearnPiece(run.First, Math.Min(run.End, Layout.BlockCount), from);

    private void Admit(int from, int block)
    {
        _admitted[block] = true;
        Send(new(EventKind.Admitted, default, from, block));
        Reader.Pump();
    }

    private void TellHave(int block) => TellAll(v => v.HearHave(Index, block));

    private void TellAll(Action<CrowdViewer> message)
    {
        foreach (var peer in _peers.Values)
        {
            Messages++;
            Line.Tell(peer.Viewer.Line, () => message(peer.Viewer));
        }
    }

    private (int First, int End) PieceOf(int block)
    {
        var first = block / Layout.BlocksPerPiece * Layout.BlocksPerPiece;
        return (first, Math.Min(first + Layout.BlocksPerPiece, Layout.BlockCount));
    }

    private void Started(CrowdOrigin.Run run)
    {
        run.HasStarted = true;
        Send(new(EventKind.RunStarted, default, OriginId + run.Connection, run.Blocks.First, run.Blocks.Count, 2 * Line.DelayTo(_world.Origin.Line)));
    }

    private void EndRun(CrowdOrigin.Run run, RunEnd how)
    {
        _runs[run.Connection] = null;
        if (how == RunEnd.Aborted && run.Next < run.End)
        {
            _world.Origin.Abort(run);
            _connected[run.Connection] = false;
        }

        run.IsOver = true;
        Send(new(EventKind.RunEnded, default, OriginId + run.Connection, run.WantedEnd, (long)how));
    }

    private void Perform(in Decision decision)
    {
        var run = decision.Run;
        var deadline = decision.At.Micros;
        switch (decision.Kind)
        {
            case DecisionKind.WakeAt:
                var generation = ++_wakeGeneration;
                Queue.At(deadline, () =>
                {
                    if (generation == _wakeGeneration && !Line.IsDead)
                    {
                        Send(new(EventKind.Wake, default, -1));
                    }
                });
                break;
            case DecisionKind.Request when decision.Source >= OriginId:
                Messages++;
                var connection = decision.Source - OriginId;
                _runs[connection] = _world.Origin.Ask(this, connection, run, newConnection: !_connected[connection]);
                _connected[connection] = true;
                break;
            case DecisionKind.Cancel when decision.Source >= OriginId:
                if (_runs[decision.Source - OriginId] is { } cut)
                {
                    cut.WantedEnd = Math.Min(cut.WantedEnd, run.First);
                    Queue.After(0, () =>
                    {
                        if (_runs[cut.Connection] == cut && !cut.IsOver && (!cut.HasStarted || cut.WantedEnd <= cut.Blocks.First || Enumerable.Range(cut.Blocks.First, cut.WantedEnd - cut.Blocks.First).All(b => _admitted[b])))
                        {
                            EndRun(cut, RunEnd.Aborted);
                        }
                    });
                }

                break;
            case DecisionKind.Request:
                for (var b = run.First; b < run.End; b++)
                {
                    var block = b;
                    Tell(decision.Source, v => v.HearRequest(Index, block, deadline));
                }

                break;
            case DecisionKind.Cancel:
                for (var b = run.First; b < run.End; b++)
                {
                    var block = b;
                    Tell(decision.Source, v => v.HearCancel(Index, block));
                }

                break;
            case DecisionKind.AskHashes:
                Tell(decision.Source, v => v.AnswerHashes(this, run));
                break;
            case DecisionKind.Claim when decision.Source >= 0:
                Tell(decision.Source, v => v.HearClaim(Index, run));
                break;
            case DecisionKind.Claim:
                TellAll(v => v.HearClaim(Index, run));
                break;
            default:
                break;
        }
    }

    private void Tell(int peer, Action<CrowdViewer> message)
    {
        Messages++;
        if (_peers.TryGetValue(peer, out var to))
        {
            Line.Tell(to.Viewer.Line, () => message(to.Viewer));
        }
    }

    private sealed class Peer(CrowdViewer viewer)
    {
        public CrowdViewer Viewer => viewer;

        public List<(int Block, long DeadlineMicros)> Asked { get; } = [];

        public HashSet<int> Has { get; } = [];
    }
}
