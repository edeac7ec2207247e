using Swarm.Core;

namespace Swarm.Engine;

// What the answer leaves of its line to something small that makes it better: the metafile that its own headers name.
public sealed partial class OriginSource
{
    /// <summary>
    /// The longest that it waits. On a line that six answers fill a metafile took 1.3 to 4.6 s beside them (tests/Lab, flash-crowd), and
    /// all that came meanwhile each of them had for itself.
    /// </summary>
    private static readonly TimeSpan YieldLimit = TimeSpan.FromSeconds(1);

    private long _yieldsUntilMicros;

    /// <summary>The answer stops after its head until <see cref="TakeLine"/>, or for as long as the limit says.</summary>
    internal void YieldLine()
    {
        Volatile.Write(ref _yieldsUntilMicros, _context.Now.Micros + (long)YieldLimit.TotalMicroseconds);
        _ = TakeLineLaterAsync();
    }

    internal void TakeLine()
    {
        Volatile.Write(ref _yieldsUntilMicros, 0);
        OnProven();
        _pace.Set();
    }

    private async Task TakeLineLaterAsync()
    {
        await Task.Delay(YieldLimit, _context.Time);
        TakeLine();
    }

    /// <summary>
    /// The head ends with the first whole block: whether it is a program is seen from that, and whether it is what the tree describes. What
    /// lies in the socket's buffer by then comes on top, and that is enough of the line.
    /// </summary>
    private static long HeadEnd(long start) => (((start + PieceLayout.BlockSize - 1) / PieceLayout.BlockSize) + 1) * PieceLayout.BlockSize;

    private bool IsYielding => _context.Now.Micros < Volatile.Read(ref _yieldsUntilMicros);

    /// <summary>Not far beyond its reader, unless another waits for what comes next; and not beyond its head while it yields.</summary>
    private long MayReceiveUntil(OriginAnswerRun run) =>
        run.Next - _reader.Position > _context.PaceWindowBytes && !OthersWaitFor(run) ? run.Next
        : IsYielding ? HeadEnd(run.Body.Start)
        : long.MaxValue;

    /// <summary>True if a reader waits for this answer that has none of its own: who does not read on holds up nobody but himself.</summary>
    private bool OthersWaitFor(OriginAnswerRun run)
    {
        foreach (var other in Content.Readers)
        {
            var position = other.Position;
            if (other != _reader && other.IsWaiting && position >= run.CurrentFrom && position - run.Next <= SoonBytes && position < run.StopBefore
                && other.Origin is not { IsRunning: true })
            {
                return true;
            }
        }

        return false;
    }
}
