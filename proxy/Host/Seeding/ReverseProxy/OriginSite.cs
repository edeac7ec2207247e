using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Swarm.Core;
using Swarm.Engine;
using Swarm.Http;
using Swarm.Proxy.Cli;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Seeding;

/// <summary>
/// The files of a site that streamed through: which have a torrent, which are being hashed as they come, and which are retired because the
/// origin's newest word is another. What it tells visitors is true of the very answer that it stands on.
/// </summary>
/// <remarks>Any thread. Its lock guards the table of published files and is never held over the engine's.</remarks>
internal sealed class OriginSite(OriginPlan plan, SwarmEngine engine, Func<IReadOnlyList<string>> ownTrackers, TimeProvider time) : IAsyncDisposable
{
    /// <summary>Files that are hashed or waited for at one time; of others the next visitor reminds.</summary>
    private const int MaxHashing = 64;

    /// <summary>Published at one time: an origin that has content for any name would fill the memory.</summary>
    private const int MaxPublished = 10_000;

    /// <summary>A turn of hashing, some milliseconds: files that stream at the same time go on by turns, on one core.</summary>
    private const int TurnBytes = 1 << 20;

    private static readonly TimeSpan ShortWait = TimeSpan.FromMilliseconds(50);

    /// <summary>Nobody reads on: it is looked again now and then.</summary>
    private static readonly TimeSpan LongWait = TimeSpan.FromSeconds(2);

    /// <summary>Longer waits nobody for the rest of a file.</summary>
    private static readonly TimeSpan WaitLimit = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, PublishedFile> _published = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Hashing> _hashing = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _stop = new();

    /// <summary>What can be had as a torrent now, by path.</summary>
    public IReadOnlyList<PublishedFile> Files
    {
        get
        {
            lock (_gate)
            {
                return [.. _published.Values.OrderBy(static f => f.Path, StringComparer.Ordinal)];
            }
        }
    }

    public bool TryFind(string url, [NotNullWhen(true)] out PublishedFile? file)
    {
        lock (_gate)
        {
            return _published.TryGetValue(url, out file);
        }
    }

    /// <summary>The origin answered. A file that it gives in another version, or to nobody, or no longer to everybody, is retired before a byte of that answer goes on.</summary>
    public void OnAnswer(OriginRequest request, OriginAnswer answer)
    {
        var url = request.Target.Url;
        if (CredentialsKey.Of(request.Fields, url).Length > 0)
        {
            return;
        }

        // What is being hashed first, then the table: whoever publishes meanwhile looks the other way round.
        if (_hashing.TryGetValue(url, out var hashing))
        {
            hashing.Refused ??= WhyRetired(hashing.Version);
        }

        if (TryFind(url, out var file) && WhyRetired(file.Version) is { } why)
        {
            Retire(url, why);
        }

        string? WhyRetired(ResourceVersion version) => PublishedRule.WhyRetired(version, request, answer.Status, answer.Fields, time.GetUtcNow());
    }

    /// <summary>A visitor's answer begins: if it is of a version that may be a torrent and is none yet, it is hashed as it comes.</summary>
    public void OnServing(OriginTarget target)
    {
        var url = target.Url;
        if (engine.Current(url, "identity") is not { } handle || !MayPublish(target, handle) || (TryFind(url, out var file) && file.Version.SameBytes(handle.Version))
            || _hashing.Count >= MaxHashing || _hashing.ContainsKey(url) || _stop.IsCancellationRequested)
        {
            return;
        }

        var started = new Hashing(handle.Version);
        if (_hashing.TryAdd(url, started))
        {
            _ = RunAsync(started);
        }

        async Task RunAsync(Hashing hashing)
        {
            try
            {
                await Task.Run(() => HashAsync(target, handle, hashing));
            }
            catch (OperationCanceledException)
            {
                // The node stops.
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
            {
                Say(target, $"it is no torrent yet: {ErrorText.Of(e)}");
            }
            finally
            {
                _hashing.TryRemove(url, out _);
                hashing.Done.SetResult();
            }
        }
    }

    /// <summary>The fields that an answer carries besides if it is of a published version: its Link, its digest, a strong tag.</summary>
    public void Describe(string url, HttpResponse response)
    {
        if (response.StatusCode is not (200 or 206 or 304) || !TryFind(url, out var file))
        {
            return;
        }

        var fields = new HttpFields();
        foreach (var name in (ReadOnlySpan<string>)["ETag", "Last-Modified", "Content-Encoding", "Content-Range", "Content-Type"])
        {
            foreach (var line in response.Headers[name])
            {
                fields.Add(name, line ?? "");
            }
        }

        // A 304 speaks of the whole without its length; the parts of a multipart answer were each compared when they were read.
        var total = response.StatusCode == 200 ? response.ContentLength
            : response.StatusCode == 206 && !MultipartByteRanges.IsTypeOf(fields) ? ContentRange.Parse(fields.Combined("Content-Range"))?.Total
            : file.Version.Length;
        if (!file.IsNamedBy(fields, total))
        {
            return;
        }

        response.Headers.Append("Link", file.Link);
        if (file.ReprDigest is { } digest && response.Headers["Repr-Digest"].Count == 0)
        {
            response.Headers["Repr-Digest"] = digest;
        }

        if (file.OwnTag is { } tag)
        {
            response.Headers.ETag = tag;
        }
    }

    /// <summary>By the version, and by the name: the torrent is named after the path's last part.</summary>
    public bool MayPublish(OriginTarget target, ResourceHandle handle)
    {
        var version = handle.Version;
        var path = Uri.UnescapeDataString(target.PathAndQuery)[1..];
        return version is { Shareable: true, Validator: not null } && !handle.IsRetired && version.Length >= plan.LeastBytes
            && !target.PathAndQuery.Contains('?', StringComparison.Ordinal)
            && !SiteRules.IsLeftOut(path) && TorrentNames.Problem(path) is null;
    }

    /// <summary>Another node of the site made the torrent, and the version is bound to it.</summary>
    public void TakeOver(OriginTarget target, ResourceHandle handle, SiblingTorrent found)
    {
        if (!TryFind(target.Url, out _))
        {
            Publish(target, handle, new(target.PathAndQuery, handle.Version, found.Torrent, found.Metafile, Sha256: null), default);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_hashing.Values.Select(static h => h.Done.Task));
        _stop.Dispose();
        _turn.Dispose();
    }

    private async Task HashAsync(OriginTarget target, ResourceHandle handle, Hashing hashing)
    {
        var version = handle.Version;
        var name = Uri.UnescapeDataString(target.PathAndQuery[(target.PathAndQuery.LastIndexOf('/') + 1)..]);
        using var hashes = new StreamedHashes(handle.Content);
        var (wait, waited) = (ShortWait, TimeSpan.Zero);
        while (!hashes.IsComplete)
        {
            if (hashing.Refused is not null || handle.IsRetired || !ReferenceEquals(engine.Current(target.Url, "identity"), handle) || (TryFind(target.Url, out var taken) && taken.Version.SameBytes(version)))
            {
                return; // what was hashed is no longer what the origin has, or another node was first
            }

            int hashed;
            await _turn.WaitAsync(_stop.Token);
            try
            {
                hashed = hashes.Advance(TurnBytes);
            }
            finally
            {
                _turn.Release();
            }

            if (hashed > 0)
            {
                plan.Report.Hashing(target.PathAndQuery, version.Length, hashed);
                (wait, waited) = (ShortWait, TimeSpan.Zero);
            }
            else if (waited >= WaitLimit || (waited >= LongWait && _hashing.Count >= MaxHashing))
            {
                return; // parts of a few large files must not keep all others from being hashed; the next visitor reminds
            }
            else
            {
                waited += wait;
                await Task.Delay(wait, time, _stop.Token);
                wait = wait * 2 < LongWait ? wait * 2 : LongWait;
            }
        }

        var (made, sha256) = hashes.End(name);
        var torrents = new SiteTorrents(plan.Address, [.. ownTrackers(), .. plan.Trackers]);
        var (torrent, bytes, problem) = torrents.Make(name, UrlOf(target.PathAndQuery), version.Length, made);
        if (torrent is null)
        {
            Say(target, problem!);
            return;
        }

        if (hashing.Refused is null)
        {
            Publish(target, handle, new(target.PathAndQuery, version, torrent, bytes!, sha256), made.Leaves);
        }

        if (hashing.Refused is { } why)
        {
            Retire(target.Url, why);
        }
    }

    private void Publish(OriginTarget target, ResourceHandle handle, PublishedFile file, ReadOnlyMemory<Hash256> leaves)
    {
        bool isTwin;
        lock (_gate)
        {
            if (_published.Count >= MaxPublished)
            {
                return;
            }

            isTwin = _published.Values.Any(f => f.Infohash == file.Infohash);
        }

        // The same bytes under another path are the same swarm, which is given from one of them.
        if (!isTwin && engine.SeedVersion(handle, file.Torrent, leaves) is { } refused)
        {
            Say(target, $"it cannot be seeded: {refused}");
            return;
        }

        lock (_gate)
        {
            _published[target.Url] = file;
        }

        plan.Report.Published(new(file.Path, file.Torrent, SiteAddress.Magnet(file.Torrent, TorrentUrlOf(file.RawPath)), UrlOf(file.RawPath), TorrentUrlOf(file.RawPath)));
        if (handle.IsRetired || !ReferenceEquals(engine.Current(target.Url, "identity"), handle))
        {
            Retire(target.Url, "it changed");
        }
    }

    private void Retire(string url, string why)
    {
        PublishedFile? file;
        KeyValuePair<string, PublishedFile> twin;
        lock (_gate)
        {
            if (!_published.Remove(url, out file))
            {
                return;
            }

            twin = _published.FirstOrDefault(p => p.Value.Infohash == file.Infohash);
        }

        engine.RemoveTorrent(file.Infohash);
        plan.Report.Retired(file.Path, why);
        if (twin.Key is { } other && (engine.Current(other, "identity") is not { } handle || engine.SeedVersion(handle, file.Torrent, default) is not null))
        {
            Retire(other, "it has the same bytes as a file that changed");
        }
    }

    private string? UrlOf(string rawPath) => plan.Address.Web is { } web ? web.GetLeftPart(UriPartial.Authority) + rawPath : null;

    private string? TorrentUrlOf(string rawPath) => plan.Address.Web is { } web ? $"{web.GetLeftPart(UriPartial.Authority)}{SiteAddress.TorrentsPath}{rawPath}.torrent" : null;

    private void Say(OriginTarget target, string sentence) => plan.Report.Said($"{TorrentNames.Shown(target.PathAndQuery)}: {sentence}.");

    /// <summary>A version that is hashed as it comes.</summary>
    private sealed class Hashing(ResourceVersion version)
    {
        private volatile string? _refused;

        public ResourceVersion Version => version;

        public TaskCompletionSource Done { get; } = new();

        /// <summary>Why it may be no torrent any more, by the origin's newest word.</summary>
        public string? Refused
        {
            get => _refused;
            set => _refused = value;
        }
    }
}
