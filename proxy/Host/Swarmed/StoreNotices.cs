using Swarm.Proxy.Control;
using Swarm.Store;

namespace Swarm.Proxy.Swarmed;

/// <summary>What the store last said of itself, for the status page. Thread-safe.</summary>
internal sealed class StoreNotices
{
    private const int Kept = 8;
    private readonly Lock _gate = new();
    private readonly List<string> _sentences = [];

    public PieceStore? Store { get; set; }

    public void Tell(StoreHealth health)
    {
        lock (_gate)
        {
            _sentences.Remove(health.Sentence);
            if (health.Condition != StoreCondition.Ok)
            {
                _sentences.Add(health.Sentence);
            }

            if (_sentences.Count > Kept)
            {
                _sentences.RemoveAt(0);
            }
        }
    }

    public IReadOnlyList<string> Sentences()
    {
        lock (_gate)
        {
            return [.. _sentences];
        }
    }

    public StoreView View(string? directory) => Store is { } store
        ? new(directory, store.UsedBytes, store.QuotaBytes >= long.MaxValue / 2 ? null : store.QuotaBytes, store.Health.Condition == StoreCondition.Ok)
        : StoreView.None;
}
