namespace Swarm.Core;

/// <summary>
/// Which of the requests that peers sent is served next: what a player needs soon first, and of that what only we can give; then
/// what fewest have, so that it spreads. In a crowd an uplink is always behind: served in turn, the ones that matter wait with the rest.
/// </summary>
public static class UploadOrder
{
    /// <summary>Due within this is soon: less than what players start with and resume at would starve them (research: cover 3 s).</summary>
    private const long SoonMicros = 3_000_000;

    /// <summary>Deadlines beyond this are all the same.</summary>
    private const long FarMicros = 1L << 40;

    /// <summary>The lower, the sooner.</summary>
    /// <param name="leadMicros">Until the requester needs the block; negative when it is late.</param>
    /// <param name="copies">How many others have the block, and how often we sent it.</param>
    public static long Rank(long leadMicros, int copies)
    {
        var lead = Math.Clamp(leadMicros, -FarMicros, FarMicros) + FarMicros;
        var group = leadMicros >= SoonMicros ? 2L + Math.Clamp(copies, 0, 1 << 16) : copies == 0 ? 0 : 1;
        return (group << 42) + lead;
    }
}
