namespace Swarm.Core;

/// <summary>
/// What is known of each block: have (admitted), parked (arrived, not verified), open (nobody has it and nobody was asked), the
/// number of sources that were asked, and whether its leaf hash is known.
/// </summary>
internal sealed class BlockTable
{
    private byte[] _holders;
    private int _waitingForHashes;

    public BlockTable(ContentLayout layout)
    {
        Count = layout.BlockCount;
        InFile = new(Count);
        Have = new(Count);
        Parked = new(Count);
        Open = new(Count);
        HashKnown = new(Count);
        Probed = new(Count);
        _holders = new byte[Count];
        foreach (var file in layout.Files)
        {
            InFile.SetRun(file.FirstBlock, file.FirstBlock + file.BlockCount);
            Open.SetRun(file.FirstBlock, file.FirstBlock + file.BlockCount);
            if (file.BlockCount == 1 && !file.PiecesRoot.IsZero)
            {
                HashKnown.Set(file.FirstBlock); // BEP 52: the root of a one-block file is its leaf
            }
        }
    }

    public int Count { get; }

    /// <summary>Blocks that belong to a file; the rest are gaps after short last pieces.</summary>
    public Bits InFile { get; }
    public Bits Have { get; }
    public Bits Parked { get; }
    public Bits Open { get; }
    public Bits HashKnown { get; }

    /// <summary>Blocks asked of a source that has proven nothing: no one may rely on them.</summary>
    public Bits Probed { get; }

    /// <summary>Parked blocks whose leaf hash is not known: they hold memory and serve nobody yet.</summary>
    public int WaitingForHashes => _waitingForHashes;

    public bool IsBlock(int block) => InFile[block];

    public int Holders(int block) => _holders[block];

    public void Hold(int block, bool probe)
    {
        if (probe && _holders[block] == 0)
        {
            Probed.Set(block);
        }
        else if (!probe)
        {
            Probed.Clear(block);
        }

        _holders[block]++;
        Open.Clear(block);
    }

    public void Unhold(int block)
    {
        if (--_holders[block] == 0)
        {
            Probed.Clear(block);
        }

        Refresh(block);
    }

    public void Park(int block)
    {
        if (!Parked[block])
        {
            Parked.Set(block);
            _waitingForHashes += HashKnown[block] ? 0 : 1;
        }

        Open.Clear(block);
    }

    public void Unpark(int block)
    {
        if (Parked[block])
        {
            Parked.Clear(block);
            _waitingForHashes -= HashKnown[block] ? 0 : 1;
        }

        Refresh(block);
    }

    public void Admit(int block)
    {
        Unpark(block);
        Have.Set(block);
        Open.Clear(block);
    }

    /// <summary>The block is not here any more, whether it was admitted or only waited for its verdict.</summary>
    public void Lose(int block)
    {
        Have.Clear(block);
        Unpark(block);
    }

    public void LearnHashes(int from, int end)
    {
        _waitingForHashes -= Parked.Count(from, end) - CountBoth(from, end);
        HashKnown.SetRun(from, end);
    }

    public void Exchange(ref StateCodec codec)
    {
        Have.Exchange(ref codec);
        Parked.Exchange(ref codec);
        Open.Exchange(ref codec);
        HashKnown.Exchange(ref codec);
        Probed.Exchange(ref codec);
        codec.Array(ref _holders, _holders.Length);
        codec.Value(ref _waitingForHashes);
    }

    private int CountBoth(int from, int end)
    {
        var count = 0;
        for (var b = Parked.NextSet(from, end, HashKnown, null); b >= 0; b = Parked.NextSet(b + 1, end, HashKnown, null))
        {
            count++;
        }

        return count;
    }

    private void Refresh(int block)
    {
        if (_holders[block] == 0 && InFile[block] && !Have[block] && !Parked[block])
        {
            Open.Set(block);
        }
    }
}
