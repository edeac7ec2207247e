using Swarm.Core;

namespace Swarm.Store;

/// <summary>
/// The index's record of 64 neighbouring blocks (1 MiB): which are present, which of those are trusted without a
/// re-hash, and their leaf hashes.
/// </summary>
/// <param name="Unit">Block number / 64.</param>
/// <param name="Epoch">The count of unclean starts when the row was written; <paramref name="Trusted"/> counts in that epoch only.</param>
/// <param name="Present">Bit n: block n of the unit is in the data file.</param>
/// <param name="Trusted">Bit n: it was written, or re-hashed, in <paramref name="Epoch"/>.</param>
/// <param name="Leaves">64 hashes; those of absent blocks are not kept.</param>
internal sealed record UnitRow(int Unit, long Epoch, ulong Present, ulong Trusted, Hash256[] Leaves)
{
    public const int Blocks = 64;
}
