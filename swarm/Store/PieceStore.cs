using System.Diagnostics.CodeAnalysis;
using Swarm.Core;

namespace Swarm.Store;

/// <summary>
/// The node's verified blocks on disk: a data folder with one sparse file a content and an SQLite index of leaf hashes.
/// It may forget a block at any time; it never gives a wrong one.
/// </summary>
/// <remarks>
/// Any thread. One writer thread does the writing, so that nobody who hands over a block waits for the disk; opening a
/// content and reading do wait. Order of locks: catalogue, then content, then write queue or index.
/// </remarks>
public sealed class PieceStore : IDisposable
{
    private readonly StoreContext _context;
    private readonly OpenFolder? _open;

    /// <param name="folder">Null: nothing can be kept, everything is passed through.</param>
    private PieceStore(StoreOptions options, DataFolder? folder)
    {
        _context = new StoreContext(options);
        _open = folder is null ? null : new OpenFolder(_context, folder);
    }

    /// <summary>A block that was present or suspect is absent now: its file failed, or its bytes did. Raised on any thread, under no lock.</summary>
    public event Action<StoredContent, int>? Lost
    {
        add => _context.Events.Lost += value;
        remove => _context.Events.Lost -= value;
    }

    /// <summary>A suspect block was re-hashed and is present now. Raised on any thread, under no lock.</summary>
    public event Action<StoredContent, int>? Recovered
    {
        add => _context.Events.Recovered += value;
        remove => _context.Events.Recovered -= value;
    }

    /// <summary>
    /// There is room for blocks that were told <see cref="StoreAnswer.Later"/>. Raised on the writer's thread, which must not be held up.
    /// </summary>
    public event Action? Room
    {
        add => _context.Events.Room += value;
        remove => _context.Events.Room -= value;
    }

    /// <summary>
    /// Asked on the writer's thread, under no lock, before blocks of an open content are evicted: true if they are about to be read or
    /// sent. Set once, before the first content is opened.
    /// </summary>
    public Func<StoredContent, BlockRun, bool>? IsNeeded
    {
        get => _context.IsNeeded;
        set => _context.IsNeeded = value;
    }

    /// <summary>What the store can do now.</summary>
    public StoreHealth Health => _context.Monitor.Current;

    /// <summary>How the re-hashing of what is kept stands; it may be paused there.</summary>
    public RehashStatus Rehash => _context.Rehash;

    /// <summary>True if the last run did not end cleanly: what it left is suspect.</summary>
    public bool WasUnclean => _open?.WasUnclean ?? false;

    /// <summary>Block bytes kept or on their way.</summary>
    public long UsedBytes => _context.Ledger.UsedBytes;

    public long QuotaBytes => _context.Ledger.QuotaBytes;

    /// <summary>
    /// Opens the data folder, alone. A folder that cannot be written gives a store that passes everything through and
    /// says so in <see cref="Health"/>; an error needs a person.
    /// </summary>
    public static bool TryOpen(StoreOptions options, [NotNullWhen(true)] out PieceStore? store, [NotNullWhen(false)] out StoreError? error)
    {
        store = null;
        error = null;
        try
        {
            if (!DataFolder.TryTake(options, out var folder, out error))
            {
                return false;
            }

            store = new PieceStore(options, folder);
            store._open!.Begin();
        }
        catch (Exception e) when (StorageFault.IsExpected(e))
        {
            store = new PieceStore(options, null);
            store._context.Monitor.Fail(e);
        }
        catch (ArgumentException e)
        {
            error = StoreError.NoPath(options.DataDirectory, e);
            return false;
        }

        return true;
    }

    /// <summary>
    /// The content of that name, made if there is none. Null if it cannot be stored now (disk trouble, closed store,
    /// empty or absurd length, the name is kept with another length): the caller passes through.
    /// </summary>
    public StoredContent? Open(string key, long length) => _open?.Open(key, length);

    /// <summary>The content of that name, or null if there is none or it cannot be opened now.</summary>
    public StoredContent? Find(string key) => _open?.Find(key);

    /// <summary>Everything kept, a snapshot.</summary>
    public IReadOnlyList<ContentSummary> Contents() => _open?.Catalogue.Summarise() ?? [];

    /// <summary>Lends a file of the user's to a content; blocks of it count once they are admitted (<see cref="StoredContent.AdmitAdopted"/>).</summary>
    public void Lend(StoredContent content, AdoptedFile file)
    {
        var before = _context.Adoptions.Lend(content.Key, file);
        content.Adopted = file;
        before?.Dispose();
    }

    /// <summary>The content goes on without the file it was lent. Its file is closed, not touched.</summary>
    public void TakeBack(string key)
    {
        if (_context.Adoptions.TakeBack(key) is not { } file)
        {
            return;
        }

        _open?.Forget(key);
        file.Dispose();
    }

    /// <summary>Bytes of a content that lie in a file of the user's.</summary>
    public long AdoptedBytes(string key) => _context.Adoptions.Find(key)?.Bytes ?? 0;

    /// <summary>Forgets a content that nobody holds open. False if there is none or it is in use.</summary>
    public bool Delete(string key) => _open?.Delete(key) ?? false;

    /// <summary>Completes with true when every block handed over before is on the disk and in the index, with false if one of them failed.</summary>
    public Task<bool> FlushAsync() => _open is null ? Task.FromResult(false) : _context.Queue.FlushAsync();

    /// <summary>Writes what waits, marks the end clean and lets the folder go. Waits for the disk up to <see cref="StoreOptions.CloseTimeout"/>.</summary>
    public void Dispose()
    {
        if (_open is null)
        {
            _context.Queue.Dispose();
        }
        else
        {
            _open.Dispose();
        }
    }

    /// <summary>Ends as a crash would: nothing more is written, no clean mark. For tests.</summary>
    internal void Abandon() => _open?.Abandon();
}
