namespace Swarm.Core;

/// <summary>
/// The sources by slot. A slot is a small number, reused after a source left; the lowest free one is taken, so that slots depend on
/// history alone. The arrays here are what the ranking pass reads for every decision.
/// </summary>
internal sealed class SourceTable(ContentLayout layout)
{
    private int[] _ids = [];
    private Source?[] _sources = [];
    private long[] _freeAtMicros = [];
    private double[] _blocksPerMicro = [];
    private long[] _microsPerBlock = [];
    private long[] _rttMicros = [];
    private int[] _pieceCopies = new int[layout.PieceCount];
    private int _inFlightBlocks;

    /// <summary>One past the highest slot in use.</summary>
    public int Slots { get; private set; }

    /// <summary>Blocks outstanding at all of them.</summary>
    public int InFlightBlocks { get => _inFlightBlocks; set => _inFlightBlocks = value; }

    public Source? this[int slot] => _sources[slot];

    /// <summary>When the source will have delivered everything it was asked for, by its effective rate.</summary>
    public Span<long> FreeAtMicros => _freeAtMicros.AsSpan(0, Slots);

    /// <summary>Effective speed; 0 for whoever may not be counted on: unproven, suspect, choked, banned, an origin.</summary>
    public Span<double> BlocksPerMicro => _blocksPerMicro.AsSpan(0, Slots);

    /// <summary>Time for one block at that speed; large for whoever has none.</summary>
    public Span<long> MicrosPerBlock => _microsPerBlock.AsSpan(0, Slots);

    public Span<long> RttMicros => _rttMicros.AsSpan(0, Slots);

    public int SlotOf(int id) => id < 0 ? -1 : _ids.AsSpan(0, Slots).IndexOf(id);

    /// <summary>How many sources hold the whole piece.</summary>
    public int Copies(int piece) => _pieceCopies[piece];

    public int Add(int id)
    {
        var slot = _ids.AsSpan(0, Slots).IndexOf(-1);
        if (slot < 0)
        {
            slot = Slots;
            if (slot == _ids.Length)
            {
                var capacity = Math.Max(8, 2 * slot);
                Array.Resize(ref _ids, capacity);
                Array.Resize(ref _sources, capacity);
                Array.Resize(ref _freeAtMicros, capacity);
                Array.Resize(ref _blocksPerMicro, capacity);
                Array.Resize(ref _microsPerBlock, capacity);
                Array.Resize(ref _rttMicros, capacity);
            }

            Slots++;
        }

        _ids[slot] = id;
        _sources[slot] = NewSource();
        _freeAtMicros[slot] = 0;
        _blocksPerMicro[slot] = 0;
        _microsPerBlock[slot] = 0;
        _rttMicros[slot] = 0;
        return slot;
    }

    public void Remove(int slot)
    {
        ChangeHas(slot, 0, layout.BlockCount, false);
        _ids[slot] = -1;
        _sources[slot] = null;
        _blocksPerMicro[slot] = 0;
        while (Slots > 0 && _ids[Slots - 1] < 0)
        {
            Slots--;
        }
    }

    /// <summary>Notes that a source has (or lacks) a run, and counts the copies of each piece it completes (or breaks).</summary>
    public void ChangeHas(int slot, int from, int end, bool has)
    {
        var bits = _sources[slot]!.Has;
        from = Math.Max(from, 0);
        end = Math.Min(end, layout.BlockCount);
        if (from >= end)
        {
            return;
        }

        var perPiece = layout.BlocksPerPiece;
        for (var piece = from / perPiece; piece <= (end - 1) / perPiece; piece++)
        {
            var first = piece * perPiece;
            var last = Math.Min(first + perPiece, layout.BlockCount);
            var before = bits.NextClear(first, last) == last;
            if (has)
            {
                bits.SetRun(Math.Max(from, first), Math.Min(end, last));
            }
            else
            {
                bits.ClearRun(Math.Max(from, first), Math.Min(end, last));
            }

            var after = bits.NextClear(first, last) == last;
            _pieceCopies[piece] += (after ? 1 : 0) - (before ? 1 : 0);
        }
    }

    public void Exchange(ref StateCodec codec)
    {
        var slots = Slots;
        codec.Value(ref slots);
        if (codec.Reading)
        {
            var capacity = Math.Max(8, slots);
            _sources = new Source?[capacity];
            _ids = new int[capacity];
            _freeAtMicros = new long[capacity];
            _blocksPerMicro = new double[capacity];
            _microsPerBlock = new long[capacity];
            _rttMicros = new long[capacity];
            Slots = slots;
        }

        codec.Array(ref _ids, slots);
        codec.Array(ref _freeAtMicros, slots);
        codec.Array(ref _blocksPerMicro, slots);
        codec.Array(ref _microsPerBlock, slots);
        codec.Array(ref _rttMicros, slots);
        codec.Array(ref _pieceCopies, _pieceCopies.Length);
        codec.Value(ref _inFlightBlocks);
        for (var s = 0; s < slots; s++)
        {
            if (_ids[s] >= 0)
            {
                (_sources[s] ??= NewSource()).Exchange(ref codec);
            }
        }
    }

    private Source NewSource() => new(layout.BlockCount, layout.PieceCount);
}
