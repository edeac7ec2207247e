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
    private readonly bool _joinsNow;

    private TorrentLibrary(LibraryFolder folder, SwarmEngine engine, NodeEventHub events, TimeProvider time, bool joinsNow) =>
        (_folder, _engine, _events, _time, _joinsNow) = (folder, engine, events, time, joinsNow);

    /// <param name="folder">Where torrents are kept; null keeps none over a restart.</param>
    /// <param name="joinsNow">A torrent joins its swarm when it is added, not on first use.</param>
    public static TorrentLibrary Open(string? folder, SwarmEngine engine, NodeEventHub events, TimeProvider time, bool joinsNow)
    {
        var library = new TorrentLibrary(new LibraryFolder(folder), engine, events, time, joinsNow);
        foreach (var (torrent, record) in library._folder.Load())
        {
            library._entries[torrent.InfoHash.Id] = new(engine.AddTorrent(torrent, givenByUser: true), record, isKept: true);
            if (record.Paused)
            {
                engine.Pause(torrent.InfoHash.Id);
            }

            else if (joinsNow)
            {
                engine.JoinNow(library._entries[torrent.InfoHash.Id].Torrent);
            }

            if (record.Path is { } path)
            {
                library.Adopt(library._entries[torrent.InfoHash.Id], path);
            }
        }

        return library;
    }

    /// <summary>Adds a torrent. One that is known stays as it is, but is kept from now on if it was not.</summary>
    /// <param name="keep">Whether it survives a restart.</param>
    /// <param name="path">A folder, by its full path, where the user has files of it; null leaves that as it is.</param>
    /// <returns>The torrent and whether it was known, or one sentence why it cannot be added.</returns>
    public (TorrentRecord? Torrent, bool Known, string? Problem) Add(ReadOnlyMemory<byte> metainfo, bool keep, string? path = null)
    {
        if (!Metainfo.TryParse(metainfo, out var torrent, out var error))
        {
            return (null, false, $"This is no torrent: {error}.");
        }

        if (path is not null && Unadoptable(torrent, path) is { } refused)
        {
            return (null, false, refused);
        }

        var id = torrent.InfoHash.Id;
        var known = _engine.FindTorrent(id) is { GivenByUser: true };
        if (keep)
        {
            try
            {
                _folder.Save(id, metainfo.Span);
                _folder.Save(id, RecordOf(id, path));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return (null, false, $"The torrent cannot be kept: {ErrorText.Of(e)}.");
            }
        }

        var record = _engine.AddTorrent(torrent, givenByUser: true);
        var entry = EntryOf(record);
        lock (_gate)
        {
            entry.IsKept |= keep;
            entry.Record = entry.Record with { Path = path ?? entry.Record.Path };
        }

        if (_joinsNow && !entry.Record.Paused)
        {
            _engine.JoinNow(record);
        }

        if (path is not null)
        {
            Adopt(entry, path);
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
        if (EntryOf(torrent).Record.Path is { } path)
        {
            return (await _engine.AdoptAsync(torrent, path, progress, cancel)).Sentence();
        }

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

    private void Adopt(LibraryEntry entry, string path) =>
        Work(entry, async (progress, cancel) => (await _engine.AdoptAsync(entry.Torrent, path, progress, cancel)).Sentence());

    /// <summary>Why files in that folder cannot be taken for the torrent's; null if they may be tried.</summary>
    private static string? Unadoptable(Metainfo torrent, string path) =>
        !Path.IsPathFullyQualified(path) || !(Directory.Exists(path) || File.Exists(path)) ? $"--path {path}: there is no such folder."
        : Enumerable.Range(0, torrent.Files.Length).All(f => torrent.Files[f].Length == 0 || TorrentAdoption.Locate(torrent, f, path) is null)
            ? $"--path {path}: no file of the torrent is there; name the folder that holds '{ReceiptLine.Printable(torrent.Name)}'."
        : null;

    private LibraryRecord RecordOf(string id, string? path)
    {
        lock (_gate)
        {
            var record = _entries.TryGetValue(id, out var entry) ? entry.Record : new(_time.GetUtcNow(), false, null);
            return record with { Path = path ?? record.Path };
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
