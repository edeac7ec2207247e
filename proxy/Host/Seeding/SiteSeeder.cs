using System.Threading.Channels;
using Swarm.Core;
using Swarm.Proxy.Cli;
using Swarm.Proxy.Lifetime;

namespace Swarm.Proxy.Seeding;

/// <summary>
/// Publishes a folder: hashes what is still, seeds it, puts its torrent where the web server finds it, and retires a version as soon as its file
/// is seen to be another. What it does follows from <see cref="SiteBook"/>; here it is done.
/// </summary>
/// <remarks>One task does everything but the hashing, of which one file goes on at a time.</remarks>
internal sealed class SiteSeeder(
    SiteScan scan, TorrentFolder folder, SiteArchive archive, SiteTorrents torrents, SiteAddress address, ISiteSwarms swarms, ISiteReport report, TimeProvider time)
{
    /// <summary>Uploads by rsync, scp and FTP write several times a second; who pauses longer is hashed once more.</summary>
    public static readonly TimeSpan Still = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Retry = TimeSpan.FromMinutes(10);

    /// <summary>What no event told of (network file systems, memory maps) is seen within this, or within ten times what a look at a big tree takes.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(60);

    /// <summary>A folder that arrives with all its files is looked at once.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(1);

    // More lines of one kind in one look tell nothing new.
    private const int MaxLines = 50;

    private readonly SiteBook _book = new(Still, Retry);
    private readonly Dictionary<string, Version> _published = new(StringComparer.Ordinal);

    /// <summary>Published files by their bytes: those of the same are lent to swarms as one.</summary>
    private readonly Dictionary<Hash256, HashSet<string>> _byRoot = [];
    private readonly Dictionary<string, string> _said = new(StringComparer.Ordinal);
    private readonly Channel<bool> _wakes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private Work? _work;
    private DateTimeOffset _lookAt;
    private TimeSpan _lookTook;
    private int _small;
    private bool _isRestored;
    private bool _isRootGone;
    private bool _isTold;

    private sealed record Version(FileStamp Stamp, string Infohash, Hash256 Root);

    /// <param name="Infohash">What it was when it was hashed before; null for one that is being hashed.</param>
    private sealed record Work(string Path, FileStamp Stamp, string? Infohash, CancellationTokenSource Stop, Task<(SiteHashes? Hashes, string? Problem)> Done);

    /// <summary>Goes on until stopped. What was published stays so: web seed and other peers still have it.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var watcher = new SiteWatcher(scan.Root, () => _wakes.Writer.TryWrite(true));
        if (watcher.Start() is { } unwatched)
        {
            report.Said(unwatched);
        }

        try
        {
            while (true)
            {
                stop.ThrowIfCancellationRequested();
                try
                {
                    Step(watcher, stop);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    report.Said($"Files of {scan.Root} cannot be published now: {ErrorText.Of(e)}. It is tried again in a minute.");
                    _lookAt = time.GetUtcNow() + LookEvery;
                }

                await WaitAsync(stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to stop.
        }
        finally
        {
            await EndWorkAsync();
        }
    }

    private void Step(SiteWatcher watcher, CancellationToken stop)
    {
        var heard = watcher.Take(out var missed);
        foreach (var path in heard)
        {
            Hear(path);
        }

        if (missed || time.GetUtcNow() >= _lookAt)
        {
            LookAtAll(watcher, stop);
        }

        Collect();
        StartNext(stop);
        TellSettled();
    }

    /// <summary>Publishes again what an earlier run hashed and is the same; what is not is withdrawn first.</summary>
    private void Restore(CancellationToken stop)
    {
        var same = new List<SiteRecord>();
        foreach (var record in archive.Load())
        {
            if (!scan.IsLeftOut(record.Path) && scan.LookAt(record.Path).Stamp == record.Stamp)
            {
                same.Add(record);
            }
            else
            {
                archive.Delete(record.Path);
            }
        }

        folder.KeepOnly(same.Select(static r => r.Path).ToHashSet(StringComparer.Ordinal));
        foreach (var record in same)
        {
            stop.ThrowIfCancellationRequested();
            _book.Restore(record.Path, record.Stamp, time.GetUtcNow());
            if (archive.LoadHashes(record) is not { } hashes || !TryPublish(record.Path, record.Stamp, hashes, record.Infohash))
            {
                // Tried again like a new file; what was hashed and could not be seeded is still in the archive.
                folder.Withdraw(record.Path);
                _book.See(record.Path, null, time.GetUtcNow());
            }
        }
    }

    /// <summary>Something happened to this path.</summary>
    private void Hear(string fullPath)
    {
        if (scan.Inside(fullPath) is not { } path)
        {
            LookSoon();
        }
        else if (!scan.IsLeftOut(path))
        {
            var finding = scan.LookAt(path);
            if (finding.IsFolder || (finding.Stamp is null && !Directory.Exists(scan.Root)))
            {
                LookSoon();
                return;
            }

            if (finding.Stamp is null && !_book.Knows(path))
            {
                // A folder that went, or a file that is not published: the next look tells.
                LookSoon();
            }

            See(path, finding.Stamp, finding.Problem);
        }
    }

    private void LookSoon()
    {
        var soon = time.GetUtcNow() + Pause(Settling, _lookTook);
        _lookAt = soon < _lookAt ? soon : _lookAt;
    }

    /// <summary>A big tree takes a while to look at: a tenth of the time at the most.</summary>
    internal static TimeSpan Pause(TimeSpan least, TimeSpan lookTook) => lookTook * 10 > least ? lookTook * 10 : least;

    private void LookAtAll(SiteWatcher watcher, CancellationToken stop)
    {
        var started = time.GetTimestamp();
        if (scan.Run(stop) is not { } view || (view.IsEmpty && archive.Load().Any()))
        {
            // A folder without a single file, of which there were some: rather a disk that is not mounted than a site that was emptied.
            LoseRoot();
            _lookAt = time.GetUtcNow() + (LookEvery / 10);
            return;
        }

        if (_isRootGone)
        {
            _isRootGone = false;
            report.Said($"{scan.Root} is back.");
            watcher.Start();
        }

        if (!_isRestored)
        {
            Restore(stop);
            _isRestored = true;
        }

        foreach (var path in _book.Paths.Where(p => !view.Files.ContainsKey(p)).ToList())
        {
            See(path, null, view.Problems.GetValueOrDefault(path));
        }

        foreach (var (path, stamp) in view.Files)
        {
            See(path, stamp, null);
        }

        Tell(view);
        _lookTook = time.GetElapsedTime(started);
        _lookAt = time.GetUtcNow() + Pause(LookEvery, _lookTook);
    }

    private void See(string path, FileStamp? stamp, string? problem)
    {
        var isKnown = _book.Knows(path);
        if (_book.See(path, stamp, time.GetUtcNow()))
        {
            Retire(path, stamp is not null ? "it changed" : problem ?? "it is gone", forget: true);
        }
        else if (isKnown && stamp is null)
        {
            archive.Delete(path); // it was hashed, and could not be published
        }

        if (_work is { } work && !_book.IsHashing(work.Path, work.Stamp))
        {
            work.Stop.Cancel();
        }
    }

    /// <summary>The root cannot be read, perhaps not mounted: nothing of it is published until it is back, and nothing is forgotten.</summary>
    private void LoseRoot()
    {
        if (_isRootGone)
        {
            return;
        }

        _isRootGone = true;
        _isRestored = false;
        report.Said($"{scan.Root} cannot be read, or is empty: {_published.Count} files are retired until it is back. If it is mounted, look there; else give this user the right to read it.");
        foreach (var path in _published.Keys.ToList())
        {
            Retire(path, "the folder cannot be read", forget: false);
        }

        folder.KeepOnly(new HashSet<string>()); // of an earlier run

        foreach (var path in _book.Paths.ToList())
        {
            _book.See(path, null, time.GetUtcNow());
        }

        _work?.Stop.Cancel();
    }

    private void Tell(SiteView view)
    {
        var fresh = view.Problems.Where(p => _said.GetValueOrDefault(p.Key) != p.Value).ToList();
        foreach (var (path, problem) in fresh.Take(MaxLines))
        {
            report.Said($"{TorrentNames.Shown(path)}: {problem}.");
        }

        if (fresh.Count > MaxLines)
        {
            report.Said($"… and {fresh.Count - MaxLines} more that cannot be published.");
        }

        foreach (var path in _said.Keys.Where(p => !view.Problems.ContainsKey(p)).ToList())
        {
            _said.Remove(path);
        }

        foreach (var (path, problem) in fresh)
        {
            _said[path] = problem;
        }

        if (view.Small > 0 && _small == 0)
        {
            report.Said($"{view.Small} {(view.Small == 1 ? "file is" : "files are")} too small for a swarm and {(view.Small == 1 ? "stays" : "stay")} plain HTTP; --min-size SIZE says from where on.");
        }

        _small = view.Small;
    }

    /// <summary>Takes the hashes of a file that is done.</summary>
    private void Collect()
    {
        if (_work is not { Done.IsCompleted: true } work)
        {
            return;
        }

        _work = null;
        work.Stop.Dispose();
        if (work.Done.IsCanceled)
        {
            return;
        }

        var (hashes, problem) = work.Done.GetAwaiter().GetResult();
        if (hashes is not null)
        {
            if (_book.Hashed(work.Path, work.Stamp, time.GetUtcNow()) && !TryPublish(work.Path, work.Stamp, hashes, work.Infohash))
            {
                folder.Withdraw(work.Path);
                _book.Refuse(work.Path, work.Stamp, time.GetUtcNow());
            }
        }
        else if (problem is not null)
        {
            _book.Refuse(work.Path, work.Stamp, time.GetUtcNow());
            report.Said($"{TorrentNames.Shown(work.Path)}: {problem}.");
        }
        else
        {
            _book.Disturbed(work.Path, work.Stamp, time.GetUtcNow());
            var now = scan.LookAt(work.Path);
            See(work.Path, now.Stamp, now.Problem);
        }
    }

    private void StartNext(CancellationToken stop)
    {
        if (_work is null && _book.TakeNext(time.GetUtcNow()) is var (path, stamp))
        {
            var ends = CancellationTokenSource.CreateLinkedTokenSource(stop);
            // What was hashed before and could not be published is in the archive: on the disk, as the hashes of a site may be gigabytes.
            var kept = archive.Find(path) is { } record && record.Stamp == stamp && scan.LookAt(path).Stamp == stamp ? record : null;
            _work = kept is not null && archive.LoadHashes(kept) is { } hashes
                ? new(path, stamp, kept.Infohash, ends, Task.FromResult<(SiteHashes?, string?)>((hashes, null)))
                : new(path, stamp, null, ends, Task.Run(() => new SiteHasher(scan).RunAsync(path, stamp, count => report.Hashing(path, stamp.Bytes, count), ends.Token), ends.Token));
            _isTold = false;
        }
    }

    /// <summary>Seeds a version and puts its torrent out.</summary>
    /// <param name="infohash">What it must be, for one that was hashed before; null for one that was hashed now.</param>
    private bool TryPublish(string path, FileStamp stamp, SiteHashes hashes, string? infohash)
    {
        var (torrent, bytes, problem) = torrents.Make(path, stamp.Bytes, hashes);
        if (infohash is not null && torrent?.InfoHash.Id != infohash)
        {
            archive.Delete(path); // damaged: it is hashed again
            return false;
        }

        if (torrent is null)
        {
            return Fail(problem!);
        }

        var root = torrent.Layout.Files[0].PiecesRoot;
        var isLent = false;
        try
        {
            if (infohash is null)
            {
                archive.Save(new(path, stamp, hashes.PieceBytes, torrent.InfoHash.Id), hashes);
            }

            if (swarms.Seed(torrent, scan.FullPath(path), hashes.Leaves) is { } refused)
            {
                return Fail($"it cannot be seeded: {refused}");
            }

            isLent = true;
            folder.Publish(path, bytes!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (isLent)
            {
                swarms.Withdraw(torrent.InfoHash.Id);
                LendTwins(root);
            }

            return Fail($"its torrent cannot be kept: {ErrorText.Of(e)}; make room, or give this user the right to write there");
        }

        _published[path] = new(stamp, torrent.InfoHash.Id, root);
        (_byRoot.TryGetValue(root, out var same) ? same : _byRoot[root] = new(StringComparer.Ordinal)).Add(path);
        _isTold = false;
        report.Published(new(path, torrent, address.Magnet(path, torrent), address.FileUrl(path), address.TorrentUrl(path)));
        return true;

        bool Fail(string sentence)
        {
            report.Said($"{TorrentNames.Shown(path)}: {sentence}.");
            return false;
        }
    }

    /// <summary>Takes a version back: first what leads to it, then its swarm.</summary>
    /// <param name="forget">False keeps its hashes, for when the same file is back.</param>
    private void Retire(string path, string why, bool forget)
    {
        WithdrawTorrent(path);
        if (forget)
        {
            archive.Delete(path);
        }

        _isTold = false;
        if (!_published.Remove(path, out var version))
        {
            return;
        }

        swarms.Withdraw(version.Infohash);
        report.Retired(path, why);
        ForgetTwin(path, version.Root);
        if (!_isRootGone) // they go as well
        {
            LendTwins(version.Root);
        }
    }

    /// <summary>The store lends one file to all torrents of the same bytes: when that one is withdrawn, whoever is published and has them too lends its own.</summary>
    private void LendTwins(in Hash256 root)
    {
        foreach (var other in _byRoot.GetValueOrDefault(root)?.ToArray() ?? [])
        {
            var twin = _published[other];
            swarms.Withdraw(twin.Infohash);
            var problem = archive.LoadHashes(new(other, twin.Stamp, TorrentPlan.UsualPieceBytes(twin.Stamp.Bytes), twin.Infohash)) is { } hashes
                && torrents.Make(other, twin.Stamp.Bytes, hashes).Torrent is { } torrent
                ? swarms.Seed(torrent, scan.FullPath(other), hashes.Leaves)
                : "its hashes are not in the archive";
            if (problem is not null)
            {
                Unpublish(other, $"it cannot be seeded: {problem}");
            }
        }
    }

    /// <summary>Takes a published file out whose swarm is gone; it is tried again like one that could not be published.</summary>
    private void Unpublish(string path, string why)
    {
        if (!_published.Remove(path, out var version))
        {
            return;
        }

        WithdrawTorrent(path);
        ForgetTwin(path, version.Root);
        _book.Refuse(path, version.Stamp, time.GetUtcNow());
        _isTold = false;
        report.Retired(path, why);
    }

    private void WithdrawTorrent(string path)
    {
        if (!folder.Withdraw(path))
        {
            report.Said($"{TorrentNames.Shown(path)}: its old torrent cannot be deleted; delete it by hand, or visitors are told of a version that is gone.");
        }
    }

    private void ForgetTwin(string path, in Hash256 root)
    {
        if (_byRoot.TryGetValue(root, out var twins) && twins.Remove(path) && twins.Count == 0)
        {
            _byRoot.Remove(root);
        }
    }

    private void TellSettled()
    {
        if (!_isTold && !_isRootGone && _work is null && _book.Unhashed == 0)
        {
            _isTold = true;
            report.Settled(_published.Count, _published.Values.Sum(static v => v.Stamp.Bytes));
        }
    }

    /// <summary>Until something happens, or is due.</summary>
    private async Task WaitAsync(CancellationToken stop)
    {
        var now = time.GetUtcNow();
        var wait = _lookAt - now;
        if (_work is null && _book.NextDue(now) is { } due && due < wait)
        {
            wait = due;
        }

        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var waits = new List<Task> { _wakes.Reader.WaitToReadAsync(over.Token).AsTask(), Task.Delay(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, time, over.Token) };
        if (_work is { } work)
        {
            waits.Add(work.Done);
        }

        await Task.WhenAny(waits);
        await over.CancelAsync();
        _wakes.Reader.TryRead(out _);
    }

    private async Task EndWorkAsync()
    {
        if (_work is { } work)
        {
            await work.Stop.CancelAsync();
            await work.Done.ContinueWith(static _ => { }, TaskScheduler.Default);
            work.Stop.Dispose();
            _work = null;
        }
    }
}
