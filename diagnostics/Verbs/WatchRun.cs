using Swarm.Diagnostics.Tcp;

namespace Swarm.Diagnostics.Verbs;

/// <summary>A watch from its start to its answer.</summary>
internal static class WatchRun
{
    /// <summary>Watches for so long, or until Ctrl-C: what was seen until then is the answer.</summary>
    /// <returns>False, and said why, where connections cannot be measured.</returns>
    public static async Task<bool> TryAsync(DiagHost host, SocketWatch watch, TimeSpan duration, CancellationToken cancellation)
    {
        if (watch.CannotMeasure is null)
        {
            using var stop = new StopSignal(cancellation);
            try
            {
                await watch.RunAsync(duration, stop.Token);
            }
            catch (OperationCanceledException) when (watch.Sweeps > 0)
            {
                // Ended early, with something to say.
            }
        }

        return CanMeasure(host, watch);
    }

    /// <summary>False, and said why, where connections cannot be measured.</summary>
    public static bool CanMeasure(DiagHost host, SocketWatch watch)
    {
        if (watch.CannotMeasure is { } reason)
        {
            host.Error.WriteLine($"Connections cannot be measured here: {reason}.");
        }

        return watch.CannotMeasure is null;
    }
}
