namespace Swarm.Store;

/// <summary>The contents with rows to write, each once: one list fills while the writer works through the other.</summary>
/// <remarks>Under the write queue's lock, except that the writer reads what it took.</remarks>
internal sealed class DirtyContents
{
    private List<StoredContent> _filling = [];
    private List<StoredContent> _taken = [];

    public void Add(StoredContent content)
    {
        if (!content.IsListedDirty)
        {
            content.IsListedDirty = true;
            _filling.Add(content);
        }
    }

    /// <summary>Those added since the last call. Valid until the next.</summary>
    public List<StoredContent> Take()
    {
        (_filling, _taken) = (_taken, _filling);
        _filling.Clear();
        foreach (var content in _taken)
        {
            content.IsListedDirty = false;
        }

        return _taken;
    }
}
