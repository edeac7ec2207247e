using Swarm.Core;

namespace Swarm.Store;

/// <summary>
/// The state of 64 neighbouring blocks in memory, a bit a block. Fields are written under the content's lock;
/// <see cref="Present"/> is also read without it, after which <see cref="Leaves"/> of that block is settled.
/// </summary>
internal sealed class UnitState
{
    /// <summary>Written or trusted: may be served.</summary>
    public ulong Present;

    /// <summary>In the index, but to be re-hashed before it counts.</summary>
    public ulong Suspect;

    /// <summary>Waiting for the writer, or being written.</summary>
    public ulong InFlight;

    /// <summary>Present and synced: may stand in the index as trusted.</summary>
    public ulong Durable;

    /// <summary>True while listed among its content's dirty units.</summary>
    public bool Dirty;

    public readonly Hash256[] Leaves;

    public UnitState() => Leaves = new Hash256[UnitRow.Blocks];

    public UnitState(Hash256[] leaves) => Leaves = leaves;

    public static ulong BitOf(int block) => 1UL << (block % UnitRow.Blocks);

    public static int UnitOf(int block) => block / UnitRow.Blocks;
}
