using Swarm.Proxy.Control;
using Swarm.Store;

namespace Swarm.Proxy.Swarmed;

/// <summary>What the store last said of itself: a warning for who watches the log, and the sentences of the status page. Thread-safe.</summary>
internal sealed partial class StoreNotices(ILogger logger)
{
    private const int Kept = 8;
    private readonly Lock _gate = new();
    private readonly List<StoreHealth> _told = [];

    public PieceStore? Store { get; set; }

    public void Tell(StoreHealth health)
    {
        lock (_gate)
        {
            // A condition holds until the next one; a notice of what was found stays.
            _told.RemoveAll(t => t.Sentence == health.Sentence || (IsCondition(t.Condition) && IsCondition(health.Condition)));
            if (health.Condition != StoreCondition.Ok)
            {
                _told.Add(health);
            }

            if (_told.Count > Kept)
            {
                _told.RemoveAt(0);
            }
        }

        if (health.Condition == StoreCondition.Ok)
        {
            LogWell(logger, health.Sentence);
        }
        else
        {
            LogTrouble(logger, health.Sentence);
        }
    }

    public IReadOnlyList<string> Sentences()
    {
        lock (_gate)
        {
            return [.. _told.Select(t => t.Sentence)];
        }
    }

    public StoreView View(string? directory) => Store is { } store
        ? new(
            directory, store.UsedBytes, store.QuotaBytes >= long.MaxValue / 2 ? null : store.QuotaBytes, store.Health.Condition == StoreCondition.Ok,
            store.Rehash.CheckedBytes, store.Rehash.DamagedBlocks)
        : StoreView.None;

    private static bool IsCondition(StoreCondition condition) =>
        condition is StoreCondition.Ok or StoreCondition.QuotaFull or StoreCondition.DiskFull or StoreCondition.ReadOnly or StoreCondition.Failing;

    [LoggerMessage(EventId = 30, Level = LogLevel.Warning, Message = "{Sentence}")]
    private static partial void LogTrouble(ILogger logger, string sentence);

    [LoggerMessage(EventId = 31, Level = LogLevel.Information, Message = "{Sentence}")]
    private static partial void LogWell(ILogger logger, string sentence);
}
