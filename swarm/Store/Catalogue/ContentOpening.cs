using Microsoft.Data.Sqlite;

namespace Swarm.Store;

/// <summary>Opens contents by name, and tells a trouble of the disk from one of a single content.</summary>
/// <remarks>Any thread. Waits for the disk, under the catalogue's lock.</remarks>
internal sealed class ContentOpening(Catalogue catalogue, StoreContext store)
{
    /// <inheritdoc cref="PieceStore.Open"/>
    public StoredContent? Open(string key, long length, out bool hasSuspects)
    {
        hasSuspects = false;
        lock (catalogue.Gate)
        {
            if (catalogue.IsClosed || !catalogue.IsStorable(length))
            {
                return null;
            }

            try
            {
                if (catalogue.TryGet(key, out var known) && known is { IsCondemned: true, Pins: 0 })
                {
                    catalogue.TryRemove(known);
                }

                var content = catalogue.TryGet(key, out known) ? known : catalogue.AddNew(key, length);
                if (content.Length != length || content.IsCondemned)
                {
                    return null;
                }

                catalogue.Pins.Add(content, out hasSuspects);
                content.Touch();
                return content;
            }
            catch (Exception e) when (StorageFault.IsExpected(e))
            {
                Fail(e);
                return null;
            }
        }
    }

    /// <inheritdoc cref="PieceStore.Find"/>
    public StoredContent? Find(string key, out bool hasSuspects)
    {
        hasSuspects = false;
        lock (catalogue.Gate)
        {
            return catalogue.TryGet(key, out var content) ? Open(key, content.Length, out hasSuspects) : null;
        }
    }

    /// <summary>As <see cref="Find"/>, without counting as use.</summary>
    public StoredContent? Peek(string key)
    {
        lock (catalogue.Gate)
        {
            if (catalogue.IsClosed || !catalogue.TryGet(key, out var content))
            {
                return null;
            }

            try
            {
                catalogue.Pins.Add(content, out _);
                return content;
            }
            catch (Exception e) when (StorageFault.IsExpected(e))
            {
                Fail(e);
                return null;
            }
        }
    }

    /// <summary>An absurd length or a file system's own limit concerns one content; the rest concerns the store.</summary>
    private void Fail(Exception e)
    {
        if (e is SqliteException || StorageFault.Classify(e) != StoreCondition.Failing || !Directory.Exists(store.Options.DataDirectory))
        {
            store.Monitor.Fail(e);
        }
    }
}
