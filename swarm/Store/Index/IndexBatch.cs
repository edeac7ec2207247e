namespace Swarm.Store;

/// <summary>What one transaction writes.</summary>
internal sealed class IndexBatch
{
    /// <summary>Rows to put; one without a present block is deleted.</summary>
    public List<(long ContentId, UnitRow Row)> Units { get; } = [];

    public List<ContentRow> Contents { get; } = [];

    public bool IsEmpty => Units.Count == 0 && Contents.Count == 0;

    public void Clear()
    {
        Units.Clear();
        Contents.Clear();
    }
}
