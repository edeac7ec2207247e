using Swarm.Core;

namespace Swarm.Store;

/// <summary>
/// The states of 64 neighbouring blocks in memory, a bit a block, and the only steps between them. A block is absent,
/// suspect or present; present ones are durable once synced; absent and suspect ones may be in flight to the file.
/// </summary>
/// <remarks>
/// Steps are taken under the content's lock. <see cref="Present"/> and <see cref="Suspect"/> are also read without it;
/// once a block was seen present, <see cref="Leaf"/> of it is settled.
/// </remarks>
internal sealed class UnitState
{
    private readonly Hash256[] _leaves;
    private ulong _present;
    private ulong _suspect;
    private ulong _durable;
    private ulong _inFlight;
    private int _drops;

    public UnitState() => _leaves = new Hash256[UnitRow.Blocks];

    /// <summary>As the index tells it.</summary>
    /// <param name="row">Its leaf table is taken over.</param>
    /// <param name="kept">Blocks that are in the file.</param>
    /// <param name="trusted">Those of them that count without a re-hash.</param>
    public UnitState(UnitRow row, ulong kept, ulong trusted)
    {
        _leaves = row.Leaves;
        _present = kept & trusted;
        _durable = _present;
        _suspect = kept & ~trusted;
    }

    /// <summary>Written or trusted: may be served.</summary>
    public ulong Present => Volatile.Read(ref _present);

    /// <summary>In the index, but to be re-hashed before it counts.</summary>
    public ulong Suspect => Volatile.Read(ref _suspect);

    /// <summary>
    /// Counts blocks dropped. A reader that finds it changed read what may have been a hole, even if the block is here again by now.
    /// </summary>
    public int Drops => Volatile.Read(ref _drops);

    /// <summary>True while listed among its content's units whose row is out of date.</summary>
    public bool IsDirty { get; set; }

    public Hash256 Leaf(int block) => _leaves[block % UnitRow.Blocks];

    /// <summary>True if the file holds the block already, believed or not: its bytes are counted.</summary>
    public bool IsKept(ulong bit) => ((_present | _suspect) & bit) != 0;

    public bool IsInFlight(ulong bit) => (_inFlight & bit) != 0;

    /// <summary>True if a re-hash may decide about the block. One in flight is decided by its write.</summary>
    public bool IsInDoubt(ulong bit) => (_suspect & ~_inFlight & bit) != 0;

    /// <summary>True if the block may be handed to the writer: it is neither present nor on its way.</summary>
    public bool CanBegin(ulong bit) => ((_present | _inFlight) & bit) == 0;

    /// <summary>Absent or suspect → the same, in flight.</summary>
    public void Begin(ulong bit) => _inFlight |= bit;

    /// <summary>In flight → present.</summary>
    public void EndWritten(int block, in Hash256 leaf)
    {
        var bit = UnitBits.BitOf(block);
        _inFlight &= ~bit;
        _suspect &= ~bit;
        _leaves[block % UnitRow.Blocks] = leaf;
        Volatile.Write(ref _present, _present | bit);
    }

    /// <summary>In flight → what it was.</summary>
    public void EndFailed(ulong bit) => _inFlight &= ~bit;

    /// <summary>Suspect → present and durable: its bytes hash to its leaf.</summary>
    public void Prove(ulong bit)
    {
        _suspect &= ~bit;
        _durable |= bit;
        Volatile.Write(ref _present, _present | bit);
    }

    /// <summary>Present → durable; a block dropped since it was written stays absent.</summary>
    public void EndSynced(ulong bit) => _durable |= _present & bit;

    /// <summary>Present or suspect → absent. One in flight stays so.</summary>
    public void Drop(ulong bit)
    {
        Volatile.Write(ref _present, _present & ~bit);
        _suspect &= ~bit;
        _durable &= ~bit;
        // After the block is gone, before anything is done to its bytes: who saw it present then sees the count change.
        Volatile.Write(ref _drops, _drops + 1);
    }

    /// <summary>Present and durable → suspect, all of them. What is not synced yet was written a moment ago and stays.</summary>
    public void Doubt()
    {
        var doubted = _durable & _present;
        _suspect |= doubted;
        _durable &= ~doubted;
        Volatile.Write(ref _present, _present & ~doubted);
    }

    /// <summary>What may stand in the index now. Shares the leaf table, which only the writer changes.</summary>
    public UnitRow ToRow(int unit, long epoch) => new(unit, epoch, _durable | _suspect, _durable, _leaves);
}
