namespace Swarm.Diagnostics.Analysis;

/// <summary>One verdict about the machine.</summary>
public interface IHostRule
{
    bool Holds(HostTrack host);

    /// <param name="culprits">The connections that hold most memory without need, the worst first.</param>
    Finding Report(HostTrack host, IReadOnlyList<SocketTrack> culprits);
}
