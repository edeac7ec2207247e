using Swarm.Core;

namespace Swarm.Engine;

/// <summary>
/// What was delivered, and by whom, in pieces that failed whole: once a piece is known, whoever brought other bytes lied
/// (smart ban). Not thread-safe: guarded by its content's lock.
/// </summary>
internal sealed class FailedPieces
{
    /// <summary>Pieces remembered; a swarm that fails more at once loses the oldest.</summary>
    private const int MaxPieces = 16;

    /// <summary>Attempts at one piece that are remembered together: three times every block of a 16 MiB piece.</summary>
    private const int MaxBlocksPerPiece = 3 * 1_024;

    /// <summary>Witnesses remembered, of all pieces that fail at once; beyond it all are forgotten, and every piece may ask each again.</summary>
    private const int MaxWitnesses = 4_096;

    private readonly Dictionary<int, List<Delivered>> _pieces = [];
    private readonly Queue<int> _order = new();
    private readonly HashSet<(int Piece, int Source)> _witnesses = [];

    /// <summary>One block as a source brought it.</summary>
    public readonly record struct Delivered(int Block, Hash256 Leaf, int Source);

    public bool IsEmpty => _pieces.Count == 0 && _witnesses.Count == 0;

    public void Remember(int firstBlock, Delivered delivered)
    {
        if (!_pieces.TryGetValue(firstBlock, out var list))
        {
            if (_order.Count == MaxPieces)
            {
                _pieces.Remove(_order.Dequeue());
            }

            _order.Enqueue(firstBlock);
            _pieces[firstBlock] = list = [];
        }

        if (list.Count < MaxBlocksPerPiece)
        {
            list.Add(delivered);
        }
    }

    /// <summary>True if the source was witness of this piece since it last began anew.</summary>
    public bool WasWitness(int firstBlock, int source) => _witnesses.Contains((firstBlock, source));

    public void SetWitness(int firstBlock, int source)
    {
        if (_witnesses.Count == MaxWitnesses)
        {
            _witnesses.Clear();
        }

        _witnesses.Add((firstBlock, source));
    }

    public void ForgetWitnesses(int firstBlock) => _witnesses.RemoveWhere(w => w.Piece == firstBlock);

    /// <summary>The piece is known: gives one wrong block of each source that brought any, and forgets the piece.</summary>
    /// <param name="firstBlock">First block of the piece.</param>
    /// <param name="leaves">The right leaf of each of its blocks.</param>
    public List<Delivered> Settle(int firstBlock, ReadOnlySpan<Hash256> leaves)
    {
        var liars = new List<Delivered>();
        ForgetWitnesses(firstBlock);
        if (!_pieces.Remove(firstBlock, out var list))
        {
            return liars;
        }

        foreach (var d in list)
        {
            if (d.Leaf != leaves[d.Block - firstBlock] && !liars.Exists(l => l.Source == d.Source))
            {
                liars.Add(d);
            }
        }

        // Its number leaves the queue when the queue turns round; a removed piece is removed twice without harm.
        return liars;
    }

    /// <summary>The right bytes of one block are known before the rest of its piece: sources that brought others.</summary>
    public List<Delivered> Contradicted(int firstBlock, int block, in Hash256 leaf)
    {
        var liars = new List<Delivered>();
        foreach (var d in _pieces.GetValueOrDefault(firstBlock) ?? [])
        {
            if (d.Block == block && d.Leaf != leaf && !liars.Exists(l => l.Source == d.Source))
            {
                liars.Add(d);
            }
        }

        return liars;
    }
}
