using Swarm.Diagnostics.Analysis;
using Swarm.Diagnostics.Tcp;

namespace Swarm.Diagnostics.Verbs;

/// <summary>The histories of the connections that are worth one: those a filter names, or that ever had a verdict or much memory.</summary>
internal sealed class HistoryBook
{
    /// <summary>Some 50 KB each.</summary>
    private const int MaxConnections = 1000;

    private readonly Dictionary<SocketKey, ConnectionHistory> _histories = [];

    public ConnectionHistory? Of(in SocketKey key) => _histories.GetValueOrDefault(key);

    /// <summary>Takes a reading in, after the analyser did.</summary>
    /// <param name="isWanted">Whether a connection that has no history yet gets one.</param>
    public void Add(Reading reading, Func<SocketSample, bool> isWanted)
    {
        foreach (ref readonly var sample in reading.Sockets.Samples)
        {
            if (!_histories.TryGetValue(sample.Key, out var history))
            {
                if (_histories.Count >= MaxConnections || !isWanted(sample))
                {
                    continue;
                }

                _histories.Add(sample.Key, history = new ConnectionHistory());
            }

            history.Add(sample);
            if (reading.Collapses.Count > 0)
            {
                history.AddCollapses(reading, sample.Cookie);
            }
        }
    }
}
