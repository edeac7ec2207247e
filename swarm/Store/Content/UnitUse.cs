namespace Swarm.Store;

/// <summary>When each MiB of a content was last written, read or asked for: what was used longest ago is evicted first.</summary>
/// <remarks>
/// Any thread, no lock; two uses in the same moment may both count or one of them. Four bytes a MiB, from the first use on, as long as
/// the process lives: after a restart the content's own time of last use stands for all of it.
/// </remarks>
internal sealed class UnitUse(int unitCount, ContentRecord record)
{
    private uint[]? _seconds;
    private int _newest = -1;

    /// <summary>The unit used last; -1 if none was in this run.</summary>
    public int Newest => Volatile.Read(ref _newest);

    public void Note(int unit, long unixMs)
    {
        (_seconds ?? Make())[unit] = (uint)(unixMs / 1000);
        Volatile.Write(ref _newest, unit);
    }

    /// <summary>In ms since 1970.</summary>
    public long LastUsed(int unit) => _seconds?[unit] is { } seconds and > 0 ? seconds * 1000L : record.LastUsedAtStartUnixMs;

    private uint[] Make() => Interlocked.CompareExchange(ref _seconds, new uint[unitCount], null) ?? _seconds;
}
