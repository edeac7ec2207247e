using Swarm.Core;
using Swarm.Protocol;
using Swarm.Store;

namespace Swarm.Engine;

// What the store says of stored blocks goes to the contents that hold them, and what removed torrents left there goes.
public sealed partial class SwarmEngine
{
    /// <summary>Stored contents of removed torrents, to be deleted once nobody holds them.</summary>
    private readonly HashSet<string> _doomed = [];

    private void OnStoreRecovered(StoredContent store, int block)
    {
        foreach (var handle in Resources)
        {
            if (handle.Content.Uses(store))
            {
                handle.Content.OnStoreRecovered(store, block);
            }
        }
    }

    private void OnStoreLost(StoredContent store, int block)
    {
        foreach (var handle in Resources)
        {
            if (handle.Content.Uses(store))
            {
                handle.Content.OnStoreLost(block);
            }
        }
    }

    /// <summary>True if a client is about to read these blocks.</summary>
    private bool IsNeeded(StoredContent store, BlockRun run) =>
        Resources.Any(h => h.Content.Uses(store) && h.Content.IsNeededSoon(run));

    /// <summary>What waited for the disk goes to it, beside the writer, which has to write; the contents by turns.</summary>
    private void OnStoreRoom() => ThreadPool.UnsafeQueueUserWorkItem(
        static self =>
        {
            var contents = self.Resources.Select(h => h.Content).Where(c => c.WaitsForStore).ToList();
            while (contents.Count > 0)
            {
                contents.RemoveAll(c => !c.OfferDeferred());
            }
        },
        this,
        preferLocal: false);

    private StoredContent? OpenTreeStore(Metainfo metainfo, int file)
    {
        var f = metainfo.Layout.Files[file];
        return _store?.Open(StoreKeys.Of(metainfo, file), f.Length);
    }

    private void DeleteDoomed()
    {
        if (_store is null)
        {
            _doomed.Clear();
            return;
        }

        // Known to the store and not deleted: somebody still holds it.
        _doomed.RemoveWhere(key => _store.Delete(key) || !_store.Contents().Any(c => c.Key == key));
    }
}
