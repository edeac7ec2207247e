using Swarm.Engine;
using Swarm.Engine.Receipts;
using Swarm.Protocol;
using Swarm.Proxy.Cli;
using Swarm.Proxy.Control;

namespace Swarm.Proxy.Library;

/// <summary>The torrents the user gave: adds, pauses, re-hashes and removes them, and remembers all that over a restart.</summary>
/// <remarks>Any thread. The lock guards the table; the engine and the disk are asked outside it.</remarks>
internal sealed class TorrentLibrary : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LibraryEntry> _entries = [];
    private readonly List<Task> _working = [];
    private readonly LibraryFolder _folder;
    private readonly SwarmEngine _engine;
    private readonly NodeEventHub _events;
    private readonly TimeProvider _time;

    private TorrentLibrary(LibraryFolder folder, SwarmEngine engine, NodeEventHub events, TimeProvider time) =>
        (_folder, _engine, _events, _time) = (folder, engine, events, time);

    /// <param name="folder">Where torrents are kept; null keeps none over a restart.</param>
    public static TorrentLibrary Open(string? folder, SwarmEngine engine, NodeEventHub events, TimeProvider time)
    {
        var library = new TorrentLibrary(new LibraryFolder(folder), engine, events, time);
        foreach (var (torrent, record) in library._folder.Load())
        {
            library._entries[torrent.InfoHash.Id] = new(engine.AddTorrent(torrent, givenByUser: true), record, isKept: true);
            if (record.Paused)
            {
                engine.Pause(torrent.InfoHash.Id);
            }
        }

        return library;
    }

    /// <summary>Adds a torrent. One that is known stays as it is, but is kept from now on if it was not.</summary>
    /// <param name="keep">Whether it survives a restart.</param>
    /// <returns>The torrent and whether it was known, or one sentence why it cannot be added.</returns>
    public (TorrentRecord? Torrent, bool Known, string? Problem) Add(ReadOnlyMemory<byte> metainfo, bool keep)
    {
        if (!Metainfo.TryParse(metainfo, out var torrent, out var error))
        {
            return (null, false, $"This is no torrent: {error}.");
        }

        var id = torrent.InfoHash.Id;
        var known = _engine.FindTorrent(id) is { GivenByUser: true };
        if (keep)
        {
            try
            {
                _folder.Save(id, metainfo.Span);
                _folder.Save(id, RecordOf(id));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return (null, false, $"The torrent cannot be kept: {ErrorText.Of(e)}.");
            }
        }

        var record = _engine.AddTorrent(torrent, givenByUser: true);
        lock (_gate)
        {
            if (_entries.TryGetValue(id, out var entry))
            {
                entry.IsKept |= keep;
            }
            else
            {
                _entries.Add(id, new(record, new(_time.GetUtcNow(), false, null), keep));
            }
        }

        if (!known)
        {
            _events.Publish(new("torrent-added", _time.GetUtcNow(), id, Detail: torrent.Name));
        }

        return (record, known, null);
    }

    /// <summary>Does it, or says in one sentence why not. Null if there is no such torrent.</summary>
    /// <param name="infohash">The identity, or either infohash in hex.</param>
    public (TorrentRecord Torrent, string? Problem)? Act(string infohash, TorrentAction action)
    {
        if (_engine.FindTorrent(infohash) is not { GivenByUser: true } torrent)
        {
            return null;
        }

        var entry = EntryOf(torrent);
        var id = torrent.Metainfo.InfoHash.Id;
        switch (action)
        {
            case TorrentAction.Pause or TorrentAction.Resume:
                return (torrent, SetPaused(entry, id, action == TorrentAction.Pause));
            case TorrentAction.Recheck:
                Work(entry, (progress, cancel) => RecheckAsync(torrent, progress, cancel));
                break;
            default:
                StopWork(entry);
                lock (_gate)
                {
                    _entries.Remove(id);
                }

                _folder.Delete(id);
                _engine.RemoveTorrent(id);
                _events.Publish(new("torrent-removed", _time.GetUtcNow(), id, Detail: torrent.Metainfo.Name));
                break;
        }

        return (torrent, null);
    }

    /// <summary>What a person sees of it: <c>paused</c>, <c>checking</c> or nothing special; its folder; and how the last work ended or stands.</summary>
    public (string? State, string? Path, string? Note) Describe(string infohash)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(infohash, out var entry))
            {
                return (null, null, null);
            }

            return entry.Work is not null ? ("checking", entry.Record.Path, $"hashed {PlainUnits.Size(entry.WorkedBytes)} of {PlainUnits.Size(entry.Torrent.Metainfo.TotalLength)}")
                : (entry.Record.Paused ? "paused" : null, entry.Record.Path, entry.Note);
        }
    }

    public async ValueTask DisposeAsync()
    {
        LibraryEntry[] entries;
        Task[] working;
        lock (_gate)
        {
            entries = [.. _entries.Values];
            working = [.. _working];
        }

        foreach (var entry in entries)
        {
            StopWork(entry);
        }

        await Task.WhenAll(working);
    }

    private string? SetPaused(LibraryEntry entry, string id, bool paused)
    {
        LibraryRecord record;
        bool kept;
        lock (_gate)
        {
            record = entry.Record = entry.Record with { Paused = paused };
            kept = entry.IsKept;
        }

        if (paused)
        {
            _engine.Pause(id);
        }
        else
        {
            _engine.Resume(id);
        }

        try
        {
            if (kept)
            {
                _folder.Save(id, record);
            }

            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"Done, but it will not be remembered: {ErrorText.Of(e)}.";
        }
    }

    private async Task<string?> RecheckAsync(TorrentRecord torrent, Action<long> progress, CancellationToken cancel)
    {
        var (total, lost) = await _engine.RecheckAsync(torrent, progress, cancel);
        return total == 0 ? "nothing of it is here to check."
            : lost == 0 ? $"checked: all {total} blocks here are right."
            : $"checked: {lost} of {total} blocks here were damaged; they are fetched again when they are wanted.";
    }

    /// <summary>Starts long work with a torrent; what went on with it before ends.</summary>
    private void Work(LibraryEntry entry, Func<Action<long>, CancellationToken, Task<string?>> work)
    {
        var stop = new CancellationTokenSource();
        lock (_gate)
        {
            entry.Work?.Cancel();
            entry.Work = stop;
            entry.WorkedBytes = 0;
            entry.Note = null;
            _working.RemoveAll(static t => t.IsCompleted);
            _working.Add(Task.Run(RunAsync));
        }

        async Task RunAsync()
        {
            string? note;
            try
            {
                note = await work(bytes => entry.WorkedBytes = bytes, stop.Token);
            }
            catch (OperationCanceledException)
            {
                note = null;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                note = $"stopped: {ErrorText.Of(e)}.";
            }

            lock (_gate)
            {
                if (entry.Work == stop)
                {
                    entry.Work = null;
                    entry.Note = note;
                }
            }

            stop.Dispose();
            if (note is not null)
            {
                _events.Publish(new("torrent-checked", _time.GetUtcNow(), entry.Torrent.Metainfo.InfoHash.Id, Detail: note));
            }
        }
    }

    private void StopWork(LibraryEntry entry)
    {
        lock (_gate)
        {
            entry.Work?.Cancel();
            entry.Work = null;
        }
    }

    private LibraryRecord RecordOf(string id)
    {
        lock (_gate)
        {
            return _entries.TryGetValue(id, out var entry) ? entry.Record : new(_time.GetUtcNow(), false, null);
        }
    }

    /// <summary>The entry of a torrent, also of one that a flag gave.</summary>
    private LibraryEntry EntryOf(TorrentRecord torrent)
    {
        var id = torrent.Metainfo.InfoHash.Id;
        lock (_gate)
        {
            if (!_entries.TryGetValue(id, out var entry))
            {
                _entries.Add(id, entry = new(torrent, new(_time.GetUtcNow(), false, null), isKept: false));
            }

            return entry;
        }
    }
}
