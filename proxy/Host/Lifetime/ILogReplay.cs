namespace Swarm.Proxy.Lifetime;

/// <summary>Feeds a recorded event log to the decider again and compares the decisions.</summary>
public interface ILogReplay
{
    /// <param name="path">A log file, or a folder of them.</param>
    /// <returns>True if every decision was the same.</returns>
    Task<bool> RunAsync(string path, TextWriter output, TextWriter error, CancellationToken cancellation);
}
