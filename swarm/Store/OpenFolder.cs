namespace Swarm.Store;

/// <summary>A data folder at work: its catalogue, the thread that writes, and the pass that re-hashes; from the first notice to the last flush.</summary>
/// <remarks>Any thread.</remarks>
internal sealed class OpenFolder : IDisposable
{
    private readonly StoreContext _store;
    private readonly DataFolder _folder;
    private readonly ContentOpening _opening;
    private readonly SuspectPass _pass;
    private readonly RotPass _rot;
    private readonly BlockWriter _writer;

    public OpenFolder(StoreContext store, DataFolder folder)
    {
        _store = store;
        _folder = folder;
        Catalogue = new Catalogue(store, folder);
        _opening = new ContentOpening(Catalogue, store);
        _pass = new SuspectPass(_opening, store.Options.TimeProvider);
        _rot = new RotPass(store, Catalogue, _opening);
        _writer = new BlockWriter(store, Catalogue, folder);
    }

    public Catalogue Catalogue { get; }

    public bool WasUnclean => _folder.Index.WasUnclean;

    /// <summary>Tells what the start found, and lets the work begin. Takes no lock: nobody else knows the store yet.</summary>
    public void Begin()
    {
        var path = _store.Options.DataDirectory;
        if (_folder.DamagedIndex is { } movedTo)
        {
            _store.Monitor.Notice(
                StoreCondition.IndexReplaced,
                $"The index in {path} was damaged and has been moved to {movedTo}. The store begins empty; blocks are fetched again when asked for.");
        }

        if (WasUnclean)
        {
            _store.Monitor.Notice(
                StoreCondition.UncleanStart,
                $"The store in {path} was not closed cleanly. Its blocks are re-hashed before they are used, in the background and on first use.");
            foreach (var content in Catalogue.Contents.OrderByDescending(c => c.Record.LastUsedUnixMs))
            {
                VerifyLater(content.Key);
            }
        }

        _writer.Start();
        _rot.Begin();
    }

    /// <inheritdoc cref="PieceStore.Open"/>
    public StoredContent? Open(string key, long length)
    {
        var content = _opening.Open(key, length, out var hasSuspects);
        if (hasSuspects)
        {
            VerifyLater(key);
        }

        return content;
    }

    /// <inheritdoc cref="PieceStore.Find"/>
    public StoredContent? Find(string key)
    {
        var content = _opening.Find(key, out var hasSuspects);
        if (hasSuspects)
        {
            VerifyLater(key);
        }

        return content;
    }

    /// <inheritdoc cref="PieceStore.Delete"/>
    public bool Delete(string key)
    {
        _rot.LetGo(key);
        return Catalogue.Delete(key);
    }

    /// <summary>The content no longer has the file it was lent.</summary>
    public void Forget(string key)
    {
        StoredContent? content;
        lock (Catalogue.Gate)
        {
            Catalogue.TryGet(key, out content);
        }

        content?.EndAdoption();
    }

    /// <inheritdoc cref="PieceStore.Dispose"/>
    public void Dispose() => Close(abandon: false);

    /// <inheritdoc cref="PieceStore.Abandon"/>
    public void Abandon() => Close(abandon: true);

    private void Close(bool abandon)
    {
        if (!Catalogue.TryClose())
        {
            return;
        }

        _pass.Dispose();
        _rot.Dispose();
        _store.Queue.Stop(abandon);
        // A disk that hangs longer keeps the folder locked until it wakes up or the process ends.
        _writer.Join(_store.Options.CloseTimeout);
    }

    private void VerifyLater(string key)
    {
        if (_store.Options.VerifyInBackground)
        {
            _pass.Add(key);
        }
    }
}
