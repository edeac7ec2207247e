using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;

namespace Swarm.Store;

/// <summary>
/// The node's verified blocks on disk: a data folder with one sparse file a content and an SQLite index of leaf hashes.
/// It may forget a block at any time; it never gives a wrong one.
/// </summary>
/// <remarks>
/// Any thread. One writer thread does the writing, so that nobody who hands over a block waits for the disk; opening a
/// content and reading do wait. Order of locks: store, then content, then write queue or index.
/// </remarks>
public sealed class PieceStore : IDisposable
{
    private const string DataFolder = "data";

    private readonly Lock _gate = new();
    private readonly StoreOptions _options;
    private readonly DataFolderLock? _folderLock;
    private readonly IPieceIndex? _index;
    private readonly Dictionary<string, StoredContent> _contents = new(StringComparer.Ordinal);
    private readonly HashSet<string> _paths = new(StringComparer.Ordinal);
    private readonly List<StoredContent> _unheld = [];
    private readonly BlockWriter? _writer;
    private readonly SuspectPass _pass;
    private bool _closed;
    private bool _roomAsked;

    private PieceStore(StoreOptions options, DataFolderLock? folderLock, IPieceIndex? index, IReadOnlyList<ContentRow> rows)
    {
        _options = options;
        _folderLock = folderLock;
        _index = index;
        Monitor = new HealthMonitor(options);
        Ledger = new SpaceLedger(options.QuotaBytes);
        Queue = new WriteQueue(options);
        _pass = new SuspectPass(this, options.TimeProvider);
        foreach (var row in rows.Where(r => r.Length > 0 && r.Length <= options.MaxContentBytes))
        {
            Add(row);
            Ledger.Adjust(row.StoredBytes);
        }

        _writer = index is null ? null : new BlockWriter(options, this, index, Queue);
    }

    /// <summary>A block that was present or suspect is absent now: its file failed, or its bytes did. Raised on any thread, under no lock.</summary>
    public event Action<StoredContent, int>? Lost;

    /// <summary>A suspect block was re-hashed and is present now. Raised on any thread, under no lock.</summary>
    public event Action<StoredContent, int>? Recovered;

    /// <summary>What the store can do now.</summary>
    public StoreHealth Health => Monitor.Current;

    /// <summary>True if the last run did not end cleanly: what it left is suspect.</summary>
    public bool WasUnclean => _index?.WasUnclean ?? false;

    /// <summary>Block bytes kept or on their way.</summary>
    public long UsedBytes => Ledger.UsedBytes;

    public long QuotaBytes => Ledger.QuotaBytes;

    internal HealthMonitor Monitor { get; }

    internal SpaceLedger Ledger { get; }

    internal WriteQueue Queue { get; }

    internal long NowUnixMs => _options.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>
    /// Opens the data folder, alone. A folder that cannot be written gives a store that passes everything through and
    /// says so in <see cref="Health"/>; an error needs a person.
    /// </summary>
    public static bool TryOpen(StoreOptions options, [NotNullWhen(true)] out PieceStore? store, [NotNullWhen(false)] out StoreError? error)
    {
        store = null;
        error = null;
        DataFolderLock? folderLock = null;
        try
        {
            var folder = options.DataDirectory;
            if (File.Exists(folder))
            {
                error = new StoreError(StoreErrorKind.Unusable, $"{folder} is a file and cannot be a data folder. Give a folder with --data DIR.");
                return false;
            }

            options.FileSystem.CreateFolder(folder);
            options.FileSystem.CreateFolder(Path.Combine(folder, DataFolder));
            folderLock = DataFolderLock.TryTake(folder, out var holder);
            if (folderLock is null)
            {
                error = InUse(folder, holder);
                return false;
            }

            var index = IndexFile.TryOpen(folder, options.BootId, out var rows, out var movedTo, out var newerVersion);
            if (index is null)
            {
                folderLock.Dispose();
                error = NewerSchema(folder, newerVersion);
                return false;
            }

            store = new PieceStore(options, folderLock, options.WrapIndex?.Invoke(index) ?? index, rows);
            store.Begin(movedTo);
            return true;
        }
        catch (Exception e) when (StorageFault.IsExpected(e))
        {
            folderLock?.Dispose();
            store = new PieceStore(options, null, null, []);
            store.Monitor.Fail(e);
            return true;
        }
        catch (ArgumentException e)
        {
            error = new StoreError(StoreErrorKind.Unusable, $"'{options.DataDirectory}' cannot be a data folder ({e.Message}). Give a folder with --data DIR.");
            return false;
        }
    }

    /// <summary>
    /// The content of that name, made if there is none. Null if it cannot be stored now (disk trouble, closed store,
    /// empty or absurd length, the name is kept with another length): the caller passes through.
    /// </summary>
    public StoredContent? Open(string key, long length)
    {
        lock (_gate)
        {
            if (_closed || _index is null || length <= 0 || length > _options.MaxContentBytes)
            {
                return null;
            }

            try
            {
                if (!_contents.TryGetValue(key, out var content))
                {
                    var now = NowUnixMs;
                    content = Add(new ContentRow(_index.AddContent(key, length, now), key, length, null, 0, 0, now));
                }

                if (content.Length != length)
                {
                    return null;
                }

                Pin(content, queueForPass: true);
                content.Touch();
                return content;
            }
            catch (Exception e) when (StorageFault.IsExpected(e))
            {
                FailOpening(e);
                return null;
            }
        }
    }

    /// <summary>The content of that name, or null if there is none or it cannot be opened now.</summary>
    public StoredContent? Find(string key)
    {
        lock (_gate)
        {
            return _contents.TryGetValue(key, out var content) ? Open(key, content.Length) : null;
        }
    }

    /// <summary>Everything kept, a snapshot.</summary>
    public IReadOnlyList<ContentSummary> Contents()
    {
        lock (_gate)
        {
            return [.. _contents.Values.Select(c => c.Summarise())];
        }
    }

    /// <summary>Forgets a content that nobody holds open. False if there is none or it is in use.</summary>
    public bool Delete(string key)
    {
        lock (_gate)
        {
            return !_closed && _contents.TryGetValue(key, out var content) && content.Pins == 0 && TryRemove(content);
        }
    }

    /// <summary>Completes with true when every block handed over before is on the disk and in the index, with false if one of them failed.</summary>
    public Task<bool> FlushAsync() => _index is null ? Task.FromResult(false) : Queue.FlushAsync();

    /// <summary>Writes what waits, marks the end clean and lets the folder go. Waits for the disk up to <see cref="StoreOptions.CloseTimeout"/>.</summary>
    public void Dispose() => Close(abandon: false);

    /// <summary>Ends as a crash would: nothing more is written, no clean mark. For tests.</summary>
    internal void Abandon() => Close(abandon: true);

    internal void Unpin(StoredContent content)
    {
        lock (_gate)
        {
            if (content.Pins == 0)
            {
                return;
            }

            content.Pins--;
            if (content.Pins > 0 || _closed)
            {
                return;
            }

            _unheld.Add(content);
        }

        content.MarkRowDirty();
        Queue.Wake();
    }

    /// <summary>As <see cref="Find"/>, without counting as use.</summary>
    internal StoredContent? PinForPass(string key)
    {
        lock (_gate)
        {
            try
            {
                if (_closed || !_contents.TryGetValue(key, out var content))
                {
                    return null;
                }

                Pin(content, queueForPass: false);
                return content;
            }
            catch (Exception e) when (StorageFault.IsExpected(e))
            {
                FailOpening(e);
                return null;
            }
        }
    }

    internal void RaiseLost(StoredContent content, int block) => Raise(Lost, content, block);

    internal void RaiseRecovered(StoredContent content, int block) => Raise(Recovered, content, block);

    /// <summary>A block was refused for lack of room: the writer shall evict.</summary>
    internal void AskForRoom()
    {
        if (Health.Condition != StoreCondition.QuotaFull)
        {
            Volatile.Write(ref _roomAsked, true);
            Queue.Wake();
        }
    }

    /// <summary>Evicts whole contents, least recently used first, none that is open. The writer's.</summary>
    internal void MakeRoom()
    {
        var asked = Interlocked.Exchange(ref _roomAsked, false);
        var wasFull = Health.Condition == StoreCondition.QuotaFull;
        if (!asked && !wasFull && !Ledger.IsHigh)
        {
            return;
        }

        var evicted = false;
        lock (_gate)
        {
            foreach (var content in _contents.Values.Where(c => c is { Pins: 0, IsLive: false }).OrderBy(c => c.LastUsedUnixMs).ToList())
            {
                if (Ledger.IsRoomy)
                {
                    break;
                }

                evicted |= TryRemove(content);
            }
        }

        if (wasFull && Ledger.IsRoomy)
        {
            Monitor.HasRoom();
        }
        else if (asked && !evicted && Health.Condition == StoreCondition.Ok)
        {
            Monitor.Enter(StoreCondition.QuotaFull);
        }
    }

    /// <summary>Closes the files of contents that nobody holds. The writer's.</summary>
    internal void ReleaseUnused()
    {
        lock (_gate)
        {
            for (var i = _unheld.Count - 1; i >= 0; i--)
            {
                var content = _unheld[i];
                if (content.Pins == 0 && !content.TryRelease())
                {
                    continue;
                }

                _unheld.RemoveAt(i);
                if (content is { Pins: 0, IsRemoved: false, StoredBytes: 0 })
                {
                    TryRemove(content);
                }
            }
        }
    }

    /// <summary>The store closes: holders or not. The writer's.</summary>
    internal void ReleaseAll()
    {
        lock (_gate)
        {
            foreach (var content in _contents.Values)
            {
                content.TryRelease();
            }
        }
    }

    /// <summary>A commit failed: its rows are still to be written.</summary>
    internal void MarkDirtyAgain(IndexBatch batch)
    {
        lock (_gate)
        {
            var byId = _contents.Values.ToDictionary(c => c.Id);
            foreach (var (id, row) in batch.Units)
            {
                byId.GetValueOrDefault(id)?.MarkUnitDirty(row.Unit);
            }

            foreach (var row in batch.Contents)
            {
                byId.GetValueOrDefault(row.Id)?.MarkRowDirty();
            }
        }
    }

    /// <summary>Deletes data files that no content owns: left by a crash between forgetting a content and deleting its file, or by a lost index. The writer's.</summary>
    internal void DeleteOrphans()
    {
        var folder = Path.Combine(_options.DataDirectory, DataFolder);
        try
        {
            foreach (var name in _options.FileSystem.List(folder))
            {
                var path = Path.Combine(folder, name);
                lock (_gate)
                {
                    if (!_paths.Contains(path))
                    {
                        _options.FileSystem.Delete(path);
                    }
                }
            }
        }
        catch (Exception e) when (StorageFault.IsExpected(e))
        {
            // They cost space, not truth; the next start tries again.
        }
    }

    private static StoreError InUse(string folder, int? holder)
    {
        var who = holder is { } pid ? $"process {pid}" : "another process";
        return new StoreError(
            StoreErrorKind.InUse,
            $"The data folder {folder} is in use by {who}. Stop that one, or give this one another folder with --data DIR.",
            holder);
    }

    private static StoreError NewerSchema(string folder, int version) => new(
        StoreErrorKind.NewerSchema,
        $"The data folder {folder} was written by a newer version of this program (index version {version}, this one knows {IndexSchema.Version}). Upgrade, or give another folder with --data DIR.");

    private string PathOf(string key) => Path.Combine(
        _options.DataDirectory, DataFolder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))));

    private StoredContent Add(ContentRow row)
    {
        var content = new StoredContent(this, row, PathOf(row.Key));
        _contents.Add(row.Key, content);
        _paths.Add(content.Path);
        return content;
    }

    private void Begin(string? movedTo)
    {
        if (movedTo is not null)
        {
            Monitor.Notice(
                StoreCondition.IndexReplaced,
                $"The index in {_options.DataDirectory} was damaged and has been moved to {movedTo}. The store begins empty; blocks are fetched again when asked for.");
        }

        if (WasUnclean)
        {
            Monitor.Notice(
                StoreCondition.UncleanStart,
                $"The store in {_options.DataDirectory} was not closed cleanly. Its blocks are re-hashed before they are used, in the background and on first use.");
            if (_options.VerifyInBackground)
            {
                foreach (var content in _contents.Values.OrderByDescending(c => c.LastUsedUnixMs))
                {
                    _pass.Add(content.Key);
                }
            }
        }

        _writer!.Start();
    }

    /// <summary>Under the lock.</summary>
    private void Pin(StoredContent content, bool queueForPass)
    {
        if (!content.IsLive && content.Load(_index!, _options.FileSystem) && queueForPass && _options.VerifyInBackground)
        {
            _pass.Add(content.Key);
        }

        content.Pins++;
    }

    /// <summary>Under the lock. Mark absent, commit, and only then delete: a file without rows is garbage, rows without a file are doubt.</summary>
    private bool TryRemove(StoredContent content)
    {
        if (!content.TryRemove())
        {
            return false;
        }

        _contents.Remove(content.Key);
        _paths.Remove(content.Path);
        try
        {
            _index!.RemoveContent(content.Id);
            _options.FileSystem.Delete(content.Path);
        }
        catch (Exception e) when (StorageFault.IsExpected(e))
        {
            Monitor.Fail(e);
        }

        return true;
    }

    /// <summary>An absurd length or a file system's own limit concerns one content; the rest concerns the store.</summary>
    private void FailOpening(Exception e)
    {
        if (e is SqliteException || StorageFault.Classify(e) != StoreCondition.Failing || !Directory.Exists(_options.DataDirectory))
        {
            Monitor.Fail(e);
        }
    }

    private static void Raise(Action<StoredContent, int>? handlers, StoredContent content, int block)
    {
        try
        {
            handlers?.Invoke(content, block);
        }
        catch
        {
            // A listener's failure must not stop the writer or the reader that found the loss.
        }
    }

    private void Close(bool abandon)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
        }

        _pass.Dispose();
        Queue.Stop(abandon);
        if (_writer is null)
        {
            Release();
        }
        else
        {
            // A disk that hangs longer keeps the folder locked until it wakes up or the process ends.
            _writer.Join(_options.CloseTimeout);
        }
    }

    /// <summary>The last act: lets go of files, index and folder. The writer's, if there is one.</summary>
    internal void Release()
    {
        lock (_gate)
        {
            foreach (var content in _contents.Values)
            {
                content.Abandon();
            }
        }

        Queue.Dispose();
        _index?.Dispose();
        _folderLock?.Dispose();
    }
}
