using Swarm.Core;

namespace Swarm.Simulation;

/// <summary>What a simulated client needs of the node it reads from.</summary>
internal interface IReaderHost
{
    EventQueue Queue { get; }

    ContentLayout Layout { get; }

    void Send(SwarmEvent e);

    /// <summary>Asks the origin for permission; <paramref name="opened"/> once it is there.</summary>
    void Permit(SimReader reader, Action opened);

    void ReaderGone(SimReader reader);

    /// <summary>One past the last byte of the contiguous released ones from the position on.</summary>
    long ReleasedUntil(long position, long end);

    void CheckRelease(long position, long count);
}
