using Swarm.Core;

namespace Swarm.Engine;

/// <summary>
/// Leaf hashes of pieces that nobody has whole yet, as several viewers got the blocks from the same origin. Alone they prove nothing;
/// all of a piece together hash to what the torrent says of it, or somebody was wrong. Not thread-safe.
/// </summary>
internal sealed class LeafPool
{
    /// <summary>A crowd works on a few pieces near its playheads; older ones are forgotten first.</summary>
    private const int MaxPieces = 64;

    /// <summary>Pieces that failed with a source's hashes in them before it is not listened to.</summary>
    private const int MaxFailures = 3;

    /// <summary>Our own origin's word; nobody else's replaces it.</summary>
    public const int Own = -1;

    private readonly Dictionary<int, Entry> _pieces = [];
    private readonly Queue<int> _order = new();
    private readonly Dictionary<int, int> _failures = [];

    public int Pieces => _pieces.Count;

    /// <summary>Adds hashes of a piece. The whole piece's, once all are there; else null.</summary>
    /// <param name="count">Blocks of the piece.</param>
    /// <param name="offset">Of the first hash in the piece.</param>
    /// <param name="source">Who says so; <see cref="Own"/> for our own origin.</param>
    public Hash256[]? Add(int piece, int count, int offset, ReadOnlySpan<Hash256> leaves, int source)
    {
        if (_failures.GetValueOrDefault(source) >= MaxFailures)
        {
            return null;
        }

        if (!_pieces.TryGetValue(piece, out var entry))
        {
            entry = new(count);
            _pieces.Add(piece, entry);
            _order.Enqueue(piece);
            while (_pieces.Count > MaxPieces)
            {
                _pieces.Remove(_order.Dequeue());
            }
        }

        for (var i = 0; i < leaves.Length && offset + i < count; i++)
        {
            entry.Set(offset + i, leaves[i], source);
        }

        return entry.IsWhole ? [.. entry.Leaves] : null;
    }

    /// <summary>The piece is known now, or its hashes were wrong: then those of others are forgotten, and it counts against them.</summary>
    public void Settle(int piece, bool right)
    {
        if (!_pieces.TryGetValue(piece, out var entry))
        {
            return;
        }

        if (right)
        {
            entry.Clear(); // its place in the order is given up with it
            return;
        }

        foreach (var source in entry.DropOthers())
        {
            _failures[source] = _failures.GetValueOrDefault(source) + 1;
        }
    }

    private sealed class Entry(int count)
    {
        private const int Nobody = -2;

        private readonly int[] _sources = [.. Enumerable.Repeat(Nobody, count)];
        private int _known;
        private bool _isOver;

        public Hash256[] Leaves { get; } = new Hash256[count];

        public bool IsWhole => !_isOver && _known == _sources.Length;

        public void Set(int index, in Hash256 leaf, int source)
        {
            if (_sources[index] != Nobody && source != Own)
            {
                return;
            }

            _known += _sources[index] == Nobody ? 1 : 0;
            _sources[index] = source;
            Leaves[index] = leaf;
        }

        public void Clear() => _isOver = true;

        public SortedSet<int> DropOthers()
        {
            var dropped = new SortedSet<int>();
            for (var i = 0; i < _sources.Length; i++)
            {
                if (_sources[i] >= 0)
                {
                    dropped.Add(_sources[i]);
                    _sources[i] = Nobody;
                    _known--;
                }
            }

            return dropped;
        }
    }
}
