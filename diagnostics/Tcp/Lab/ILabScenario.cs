namespace Swarm.Diagnostics.Tcp.Lab;

/// <summary>An illness of receive buffers, made on purpose.</summary>
public interface ILabScenario
{
    /// <summary>As on the command line: <c>idle-reader</c>.</summary>
    string Name { get; }

    string Description { get; }

    /// <summary>tcp_rmem maxima of bytes that the illness is worth showing with, the usual one first.</summary>
    IReadOnlyList<long> RmemMaxima { get; }

    /// <summary>Makes the connection; in the lab's namespace.</summary>
    LabConnection Connect();

    /// <summary>What must be so before the illness can begin; the run's time does not count yet. On the same thread.</summary>
    void WarmUp(LabConnection connection, CancellationToken stop)
    {
    }

    /// <summary>Sends and reads until told to stop; blocks, on a thread of the lab's namespace.</summary>
    void Drive(LabConnection connection, CancellationToken stop);
}
