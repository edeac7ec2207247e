using System.Buffers;
using Swarm.Core;
using Swarm.Peer;
using Swarm.Protocol;

namespace Swarm.Engine;

/// <summary>
/// What one swarm's viewers tell each other, so that they do not all ask the same origin for the same bytes: claims, playheads, blocks
/// verified below their piece, leaf hashes of what an origin gave. It decides nothing.
/// </summary>
/// <remarks>
/// Thread-safe. <see cref="Changed"/> is called under a content's lock and only notes; looking and telling happen on a pool thread, one
/// at a time.
/// </remarks>
internal sealed class SwarmCrowd : IBlockWatcher
{
    /// <summary>Runs of blocks that a newcomer is told: more than a crowd has between two pieces.</summary>
    private const int MaxGreetingRuns = 512;

    /// <summary>The playhead is told again when it has moved so far: a third of a second of usual media.</summary>
    private const long PlayheadBytes = 256 << 10;

    private readonly EngineContext _context;
    private readonly SwarmLoop _loop;
    private readonly SwarmUploads _uploads;
    private readonly Metainfo _metainfo;
    private readonly Lock _gate = new();
    private readonly Lock _dirtyGate = new();
    private readonly BlockBits _dirty;
    private readonly BlockBits _toldHave;
    private readonly BlockBits _toldLeaf;

    /// <summary>Told of as here before their piece was whole.</summary>
    private readonly BlockBits _offered;
    private readonly LeafPool _leaves = new();
    private CrowdMember[] _members = [];
    private int _isTelling;

    public SwarmCrowd(EngineContext context, SwarmLoop loop, SwarmUploads uploads, Metainfo metainfo, PeerId own)
    {
        (_context, _loop, _uploads, _metainfo) = (context, loop, uploads, metainfo);
        var blocks = loop.Layout.BlockCount;
        (_dirty, _toldHave, _toldLeaf, _offered) = (new(blocks), new(blocks), new(blocks), new(blocks));
        loop.Post(EventKind.CrowdKey, -1, 0, KeyOf(own));
    }

    private int BlocksPerPiece => _loop.Layout.BlocksPerPiece;

    /// <summary>What a node is hashed by: both sides know its peer id.</summary>
    public static long KeyOf(PeerId id) => (long)SplitMix64.Mix(id.A ^ SplitMix64.Mix(id.B ^ SplitMix64.Mix(id.C)));

    // --- Peers

    /// <summary>A peer's handshake is done, and the loop knows it.</summary>
    public void Joined(PeerSource source, PeerConnection peer) => _loop.Post(EventKind.CrowdKey, source.Id, 0, KeyOf(peer.PeerId));

    /// <summary>A peer said what it understands. One that listens is told what is here.</summary>
    public void Described(PeerSource source, PeerConnection peer)
    {
        lock (_gate)
        {
            if (!peer.TakesCrowd || _members.Any(m => m.Source == source))
            {
                return;
            }

            var member = new CrowdMember(source, peer);
            _members = [.. _members, member];
            _loop.Post(EventKind.CrowdKey, source.Id, 0, KeyOf(peer.PeerId), 1);
            Greet(member);
        }
    }

    public void Left(PeerSource source)
    {
        lock (_gate)
        {
            _members = [.. _members.Where(m => m.Source != source)];
        }
    }

    // --- What we say

    /// <summary>This node has asked its origin for the run. To one peer, or to all when <paramref name="source"/> is below 0.</summary>
    public void Claim(int source, BlockRun run)
    {
        var message = Message(CrowdKind.Claim, run);
        foreach (var member in Volatile.Read(ref _members))
        {
            if (source < 0 || member.Source.Id == source)
            {
                member.Peer.TellCrowd(message);
                member.Peer.Flush();
            }
        }
    }

    /// <summary>Blocks are about to be asked of the peer: it learns where our reader is, if that is news. Sent with the requests.</summary>
    public void BeforeRequests(PeerSource source, int block)
    {
        var member = Array.Find(Volatile.Read(ref _members), m => m.Source == source);
        if (member is null || _loop.Layout.FileOf(block) is not (>= 0 and var index) || _loop.File(index) is not { } content)
        {
            return;
        }

        var at = long.MaxValue;
        foreach (var reader in content.Readers)
        {
            at = Math.Min(at, reader.Position);
        }

        if (at == long.MaxValue)
        {
            return;
        }

        at += _loop.Layout.Files[index].ContentOffset;
        if (member.ToldPlayhead < 0 || at < member.ToldPlayhead || at - member.ToldPlayhead >= PlayheadBytes)
        {
            member.ToldPlayhead = at;
            var head = (int)(at / PieceLayout.BlockSize);
            member.Peer.TellCrowd(new(CrowdKind.Playhead, head / BlocksPerPiece, head % BlocksPerPiece * PieceLayout.BlockSize, 0));
        }
    }

    public void Changed(int first, int count)
    {
        lock (_dirtyGate)
        {
            for (var block = first; block < first + count && block < _dirty.Count; block++)
            {
                _dirty.Add(block);
            }
        }

        if (Interlocked.Exchange(ref _isTelling, 1) == 0)
        {
            _ = Task.Run(Tell);
        }
    }

    // --- What they say

    /// <summary>A peer says something. On its receiving thread; what makes no sense here is passed over.</summary>
    public void Hear(PeerSource source, in CrowdMessage message, ref SequenceReader<byte> rest)
    {
        var member = Array.Find(Volatile.Read(ref _members), m => m.Source == source);
        var first = ((long)message.Piece * BlocksPerPiece) + (message.Begin / PieceLayout.BlockSize);
        if (member is null || !member.MaySay(_context.Now) || message.Begin >= _loop.Layout.PieceLength || first >= _loop.Layout.BlockCount)
        {
            return;
        }

        var blocks = (int)Math.Min((message.Number + PieceLayout.BlockSize - 1L) / PieceLayout.BlockSize, _loop.Layout.BlockCount - first);
        switch (message.Kind)
        {
            case CrowdKind.Claim:
                _loop.Post(EventKind.Claimed, source.Id, (int)first, blocks);
                break;
            case CrowdKind.Have:
                _loop.Post(EventKind.SourceHas, source.Id, (int)first, blocks);
                break;
            case CrowdKind.Playhead:
                source.Upload.SetPlayhead((int)first, message.Number);
                break;
            case CrowdKind.Leaves:
                var leaves = new Hash256[message.Number];
                CrowdMessage.ReadLeaves(ref rest, leaves);
                Learn(message.Piece, message.Begin / PieceLayout.BlockSize, leaves, source.Id);
                break;
            default:
                break;
        }
    }

    private void Learn(int piece, int offset, ReadOnlySpan<Hash256> leaves, int source)
    {
        var run = _loop.Layout.BlocksOf(new PieceIndex(piece));
        if (run.Count == 0 || _loop.FileAt(run.First, out var first) is not { } content)
        {
            return;
        }

        Hash256[]? whole;
        lock (_gate)
        {
            whole = _leaves.Add(piece, run.Count, offset, leaves, source);
        }

        if (whole is null)
        {
            return;
        }

        // Hashing outside the lock; another thread may do the same twice, with the same result.
        var right = content.TryLearnPiece(first, whole);
        lock (_gate)
        {
            _leaves.Settle(piece, right);
        }
    }

    // --- Looking and telling

    private void Tell()
    {
        do
        {
            var haves = new List<BlockRun>();
            var leaves = new List<(int Block, Hash256 Leaf)>();
            while (TryTakeDirty(out var block))
            {
                Look(block, haves, leaves);
            }

            Tell(haves, leaves);
            Volatile.Write(ref _isTelling, 0);
        }
        while (HasDirty() && Interlocked.Exchange(ref _isTelling, 1) == 0);
    }

    private void Look(int block, List<BlockRun> haves, List<(int Block, Hash256 Leaf)> leaves)
    {
        if (!_uploads.Announces || _loop.FileAt(block, out var inFile) is not { } content)
        {
            return;
        }

        if (content.MayGive(new(inFile, 1)))
        {
            if (Note(_toldHave, block) && !TakeOffered(block))
            {
                AddRun(haves, block);
            }

            return;
        }

        lock (_gate)
        {
            _toldHave.Remove(block); // evicted: told again when it is back
        }

        if (content.TryOriginLeaf(inFile, out var leaf) && Note(_toldLeaf, block))
        {
            leaves.Add((block, leaf));
        }

        if (!content.MayGive(new(inFile, 1), toViewer: true))
        {
            lock (_gate)
            {
                _offered.Remove(block);
            }
        }
        else if (Note(_offered, block))
        {
            AddRun(haves, block);
        }
    }

    private void AddRun(List<BlockRun> haves, int block)
    {
        if (haves.Count > 0 && haves[^1].End == block && block % BlocksPerPiece != 0)
        {
            haves[^1] = new(haves[^1].First, haves[^1].Count + 1);
        }
        else
        {
            haves.Add(new(block, 1));
        }
    }

    /// <summary>True if the others know of the block by an offer; from now on it counts as told.</summary>
    private bool TakeOffered(int block)
    {
        lock (_gate)
        {
            return _offered.Remove(block);
        }
    }

    private bool Note(BlockBits told, int block)
    {
        lock (_gate)
        {
            return told.Add(block);
        }
    }

    private void Tell(List<BlockRun> haves, List<(int Block, Hash256 Leaf)> leaves)
    {
        if (haves.Count == 0 && leaves.Count == 0)
        {
            return;
        }

        var members = Volatile.Read(ref _members);
        foreach (var (block, run) in Runs(leaves))
        {
            foreach (var member in members)
            {
                member.Peer.TellCrowd(LeavesMessage(block, run.Length), run);
            }

            Learn(block / BlocksPerPiece, block % BlocksPerPiece, run, LeafPool.Own);
        }

        // After the leaf hashes of what is offered.
        foreach (var run in haves)
        {
            var message = Message(CrowdKind.Have, run);
            foreach (var member in members)
            {
                member.Peer.TellCrowd(message);
            }
        }

        foreach (var member in members)
        {
            member.Peer.Flush();
        }
    }

    /// <summary>Inside the lock, which is taken before a content's: what a newcomer has missed. Whole pieces it hears by HAVE.</summary>
    private void Greet(CrowdMember member)
    {
        var told = 0;
        foreach (var run in _toldHave.Runs())
        {
            for (var first = run.First; first < run.End && told < MaxGreetingRuns; told++)
            {
                var end = Math.Min(run.End, ((first / BlocksPerPiece) + 1) * BlocksPerPiece);
                if (end - first < BlocksPerPiece)
                {
                    member.Peer.TellCrowd(Message(CrowdKind.Have, new(first, end - first)));
                }

                first = end;
            }
        }

        var leaves = new List<(int, Hash256)>();
        for (var block = _toldLeaf.Next(0); block >= 0 && leaves.Count < MaxGreetingRuns; block = _toldLeaf.Next(block + 1))
        {
            if (!_toldHave[block] && _loop.FileAt(block, out var inFile) is { } content && content.TryOriginLeaf(inFile, out var leaf))
            {
                leaves.Add((block, leaf));
            }
        }

        foreach (var (block, run) in Runs(leaves))
        {
            member.Peer.TellCrowd(LeavesMessage(block, run.Length), run);
            for (var offered = block; offered < block + run.Length; offered++)
            {
                if (_offered[offered])
                {
                    member.Peer.TellCrowd(Message(CrowdKind.Have, new(offered, 1)));
                }
            }
        }

        member.Peer.Flush();
    }

    /// <summary>Neighbours in one piece, together.</summary>
    private IEnumerable<(int Block, Hash256[] Leaves)> Runs(List<(int Block, Hash256 Leaf)> leaves)
    {
        for (var i = 0; i < leaves.Count;)
        {
            var end = i + 1;
            while (end < leaves.Count && end - i < CrowdMessage.MaxLeaves && leaves[end].Block == leaves[end - 1].Block + 1 && leaves[end].Block % BlocksPerPiece != 0)
            {
                end++;
            }

            yield return (leaves[i].Block, [.. leaves[i..end].Select(l => l.Leaf)]);
            i = end;
        }
    }

    private CrowdMessage Message(CrowdKind kind, BlockRun run) => new(
        kind, run.First / BlocksPerPiece, run.First % BlocksPerPiece * PieceLayout.BlockSize,
        (int)Math.Min((long)run.Count * PieceLayout.BlockSize, CrowdMessage.MaxRunBytes));

    private CrowdMessage LeavesMessage(int block, int count) =>
        new(CrowdKind.Leaves, block / BlocksPerPiece, block % BlocksPerPiece * PieceLayout.BlockSize, count);

    private bool TryTakeDirty(out int block)
    {
        lock (_dirtyGate)
        {
            block = _dirty.Next(0);
            return block >= 0 && _dirty.Remove(block);
        }
    }

    private bool HasDirty()
    {
        lock (_dirtyGate)
        {
            return _dirty.Population > 0;
        }
    }
}
