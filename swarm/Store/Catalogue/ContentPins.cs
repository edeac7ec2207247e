namespace Swarm.Store;

/// <summary>Counts who holds which content: the first holder opens its file, and after the last the writer closes it.</summary>
/// <remarks>Under the catalogue's lock, which those members take that any thread or the writer calls.</remarks>
internal sealed class ContentPins(Catalogue catalogue, StoreContext store)
{
    private readonly List<StoredContent> _unheld = [];

    /// <summary>One holder more. Reads the index and the file system if it is the first. Under the lock.</summary>
    /// <param name="hasSuspects">True if the content was opened and some blocks have to be re-hashed.</param>
    public void Add(StoredContent content, out bool hasSuspects)
    {
        hasSuspects = !content.IsLive && content.Lifecycle.Open(catalogue.Index);
        content.Pins++;
    }

    /// <summary>One holder less. Any thread.</summary>
    public void Remove(StoredContent content)
    {
        lock (catalogue.Gate)
        {
            if (content.Pins == 0)
            {
                return;
            }

            content.Pins--;
            if (content.Pins > 0 || catalogue.IsClosed)
            {
                return;
            }

            _unheld.Add(content);
        }

        store.Eviction.NoteLetGo();
        content.Writes.MarkRowDirty();
        store.Queue.Wake();
    }

    /// <summary>Closes the files of contents that nobody holds any more; one without any block is forgotten. The writer's.</summary>
    public void CloseUnheld()
    {
        lock (catalogue.Gate)
        {
            for (var i = _unheld.Count - 1; i >= 0; i--)
            {
                var content = _unheld[i];
                if (content.Pins == 0 && !content.Lifecycle.TryClose())
                {
                    continue;
                }

                _unheld.RemoveAt(i);
                if (content is { Pins: 0, IsRemoved: false, StoredBytes: 0 })
                {
                    catalogue.TryRemove(content);
                }
            }
        }
    }
}
