namespace Swarm.Store;

/// <summary>Tells people that a data file is damaged: once for each file, however many blocks it lost.</summary>
/// <remarks>Any thread, no lock.</remarks>
internal sealed class DamageNotice(HealthMonitor monitor, string path)
{
    private bool _told;

    /// <summary>A block was found to have changed by itself.</summary>
    public void TellRot(int block, Exception? cause)
    {
        if (cause is not null)
        {
            Tell(cause);
        }
        else if (!Interlocked.Exchange(ref _told, true))
        {
            monitor.Notice(
                StoreCondition.FileDamaged,
                $"The data file {path} no longer holds what was written to it (first seen at byte {(long)block * Core.PieceLayout.BlockSize}); the blocks that changed are fetched again when asked for. Check the disk.");
        }
    }

    /// <param name="cause">Why the file could not be read; null if somebody shortened or removed it.</param>
    public void Tell(Exception? cause)
    {
        if (Interlocked.Exchange(ref _told, true))
        {
            return;
        }

        monitor.Notice(
            StoreCondition.FileDamaged,
            cause is null
                ? $"The data file {path} was shortened or removed by somebody else; the blocks it lost are fetched again when asked for."
                : $"The data file {path} could not be read ({cause.Message}); the blocks it lost are fetched again when asked for. Check the disk.");
    }
}
