namespace Swarm.Store;

/// <summary>The store's condition: told to people once a change, and asked before each write.</summary>
/// <remarks>Any thread.</remarks>
internal sealed class HealthMonitor(StoreOptions options)
{
    private readonly Lock _gate = new();
    private StoreHealth _current = new(StoreCondition.Ok, StorageFault.Sentence(StoreCondition.Ok, options.DataDirectory, null));
    private long _retryAt;

    public StoreHealth Current => Volatile.Read(ref _current);

    /// <summary>
    /// True if a block may be written now. After a disk failure exactly one caller a <see cref="StoreOptions.RetryAfter"/>
    /// hears true: its block is the trial.
    /// </summary>
    public bool Accepts()
    {
        switch (Current.Condition)
        {
            case StoreCondition.Ok or StoreCondition.QuotaFull:
                return true;
            case StoreCondition.IndexCorrupt:
                return false;
        }

        var now = options.TimeProvider.GetTimestamp();
        var at = Volatile.Read(ref _retryAt);
        return now >= at && Interlocked.CompareExchange(ref _retryAt, now + RetryTicks, at) == at;
    }

    /// <summary>Enters the condition that <paramref name="cause"/> stands for.</summary>
    public void Fail(Exception cause)
    {
        var condition = StorageFault.Classify(cause);
        if (condition == StoreCondition.IndexCorrupt)
        {
            IndexFile.MarkDamaged(options.DataDirectory);
        }

        Enter(condition, cause);
    }

    public void Enter(StoreCondition condition, Exception? cause = null)
    {
        lock (_gate)
        {
            // A damaged index stays damaged until the next start.
            if (_current.Condition == condition || _current.Condition == StoreCondition.IndexCorrupt)
            {
                return;
            }

            Volatile.Write(ref _retryAt, options.TimeProvider.GetTimestamp() + RetryTicks);
            Volatile.Write(ref _current, new StoreHealth(condition, StorageFault.Sentence(condition, options.DataDirectory, cause)));
        }

        Tell(Current);
    }

    /// <summary>A block reached the disk and the index: failures of the disk are over.</summary>
    public void DiskWorks()
    {
        if (Current.Condition is StoreCondition.DiskFull or StoreCondition.ReadOnly or StoreCondition.Failing)
        {
            Enter(StoreCondition.Ok);
        }
    }

    /// <summary>There is room under the quota again.</summary>
    public void HasRoom()
    {
        if (Current.Condition == StoreCondition.QuotaFull)
        {
            Enter(StoreCondition.Ok);
        }
    }

    /// <summary>Tells of something found that does not change the condition.</summary>
    public void Notice(StoreCondition what, string sentence) => Tell(new StoreHealth(what, sentence));

    private long RetryTicks => (long)(options.RetryAfter.TotalSeconds * options.TimeProvider.TimestampFrequency);

    private void Tell(StoreHealth health)
    {
        try
        {
            options.Notify?.Invoke(health);
        }
        catch
        {
            // The listener's failure is not the store's, and there is nobody else to tell.
        }
    }
}
