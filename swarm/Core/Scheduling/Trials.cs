namespace Swarm.Core;

/// <summary>
/// Pieces that failed whole with several hands in them: one source, the witness, brings the rest of each alone, so that the next
/// verdict tells who lied. A witness that falls silent, leaves or takes too long ends its trial without one.
/// </summary>
internal sealed class Trials
{
    /// <summary>Pieces on trial at once; a swarm with more liars than this falls back to asking everyone.</summary>
    private const int MaxTrials = 8;

    /// <summary>16 MiB at 2 MB/s take 8 s: a witness gets that much for its piece.</summary>
    private const long PatienceMicros = 8_000_000;

    private int[] _pieces = new int[MaxTrials];
    private int[] _witnesses = new int[MaxTrials];
    private long[] _endsAtMicros = new long[MaxTrials];
    private int _count;

    public int Count => _count;

    /// <summary>Puts a piece on trial; a new witness replaces the old one.</summary>
    public void Begin(int piece, int witness, long now)
    {
        End(piece);
        if (_count == MaxTrials)
        {
            RemoveAt(0);
        }

        (_pieces[_count], _witnesses[_count], _endsAtMicros[_count]) = (piece, witness, now + PatienceMicros);
        _count++;
    }

    /// <summary>The piece has its verdict.</summary>
    public void End(int piece)
    {
        if (_pieces.AsSpan(0, _count).IndexOf(piece) is >= 0 and var index)
        {
            RemoveAt(index);
        }
    }

    /// <summary>May this source be asked for a block of the piece?</summary>
    public bool Allows(int piece, int source) => _count == 0 || _pieces.AsSpan(0, _count).IndexOf(piece) is not (>= 0 and var index) || _witnesses[index] == source;

    /// <summary>Ends the trials whose witness cannot or does not deliver.</summary>
    public void Prune(SwarmTables t)
    {
        for (var i = _count - 1; i >= 0; i--)
        {
            var slot = t.Sources.SlotOf(_witnesses[i]);
            var first = _pieces[i] * t.Layout.BlocksPerPiece;
            if (slot < 0 || t.Now >= _endsAtMicros[i] || t.Sources[slot] is not { Suspect: false, Banned: false } source
                || (!source.IsOrigin && source.Serves is null) || source.Has.NextSet(first, Math.Min(first + t.Layout.BlocksPerPiece, source.Has.Length)) < 0)
            {
                RemoveAt(i);
            }
        }
    }

    public void Exchange(ref StateCodec codec)
    {
        codec.Value(ref _count);
        codec.Array(ref _pieces, MaxTrials);
        codec.Array(ref _witnesses, MaxTrials);
        codec.Array(ref _endsAtMicros, MaxTrials);
    }

    private void RemoveAt(int index)
    {
        _count--;
        for (var i = index; i < _count; i++)
        {
            (_pieces[i], _witnesses[i], _endsAtMicros[i]) = (_pieces[i + 1], _witnesses[i + 1], _endsAtMicros[i + 1]);
        }

        // Cleared, so that states that mean the same are the same.
        (_pieces[_count], _witnesses[_count], _endsAtMicros[_count]) = (0, 0, 0);
    }
}
