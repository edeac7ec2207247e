using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Engine;

// Resource versions: named by their origins, bound to trees, opened for readers.
public sealed partial class SwarmEngine
{
    public IReadOnlyList<ResourceHandle> Resources
    {
        get
        {
            lock (_gate)
            {
                return [.. _catalog.All.OrderByDescending(h => h.LastUsed)];
            }
        }
    }

    /// <summary>The version that the URL's last answer named; null for an unknown URL.</summary>
    public ResourceHandle? Current(string url, string coding)
    {
        lock (_gate)
        {
            return _catalog.Current(url, coding);
        }
    }

    /// <summary>The handle for the version that an answer of the origin names.</summary>
    public ResourceHandle Name(ResourceVersion version)
    {
        lock (_gate)
        {
            var handle = _catalog.Name(version);
            handle.Content.WhenFalsified ??= _ => OnFalsified(handle);
            return handle;
        }
    }

    /// <summary>The origin denied these credentials at this URL, or named another version to them: their permits are void at once.</summary>
    public void Revoke(string url, string credentialsKey)
    {
        lock (_gate)
        {
            _catalog.Revoke(url, credentialsKey);
            if (credentialsKey.Length == 0)
            {
                // What the origin refuses to everybody, or no longer publishes, is not ours to pass on.
                foreach (var handle in _catalog.All.Where(h => h.Version.Url == url).ToArray())
                {
                    handle.Content.StopSharing();
                    if (handle.Content is { HasGuests: true, Attachment: { } at })
                    {
                        FillPlace(at);
                    }
                }
            }
        }
    }

    /// <summary>True if this tree once lied about this version.</summary>
    public bool IsQuarantined(ResourceVersion version, string infohash) =>
        _quarantine.Contains(version.Url, version.Validator?.ToString() ?? "", infohash);

    /// <summary>
    /// Binds a file of a torrent to the version. The length must match; the first verify unit of the origin must match the
    /// tree before any other bytes are released.
    /// </summary>
    /// <returns>Null, or why not: a sentence.</returns>
    public string? OfferTree(ResourceHandle handle, Metainfo metainfo, int file, Authority authority)
    {
        var version = handle.Version;
        if (Unusable(metainfo, file) is { } unusable)
        {
            return unusable;
        }

        if (!metainfo.IsAligned)
        {
            return "pieces of this v1 torrent run across its files, so that no file can be verified by itself; /torrents/ serves it";
        }

        if (metainfo.Files[file].Length != version.Length)
        {
            return $"the torrent's file has {metainfo.Files[file].Length} bytes, the resource {version.Length}";
        }

        if (IsQuarantined(version, metainfo.InfoHash.Id))
        {
            return "this torrent once contradicted this version and is quarantined";
        }

        lock (_gate)
        {
            if (_closed || handle.IsRetired)
            {
                return "the version was contradicted and is retired";
            }

            if (handle.Content.Tree is { } bound)
            {
                if (bound.Metainfo.InfoHash != metainfo.InfoHash)
                {
                    return "the version is bound to another torrent";
                }

                handle.Content.RaiseAuthority(authority);
                return null;
            }

            // Under the lock, as two responses may bring the same tree at the same time.
            handle.Content.BindTree(new(metainfo, file, authority, confirmed: false), OpenTreeStore(metainfo, file));
            if (handle.IsRetired)
            {
                return "the torrent contradicts what the origin delivered";
            }

            if (handle.Content.Attachment is not null)
            {
                // Responses are running on the lone loop: they move to the torrent's without noticing.
                Move(handle.Content);
            }
        }

        return null;
    }

    /// <summary>
    /// The origin of a version that is bound to a tree names mirrors (RFC 6249 §3): they are asked like web seeds, and their bytes are worth what the tree says.
    /// Without a tree nothing comes of them.
    /// </summary>
    public void OfferMirrors(ResourceHandle handle, IReadOnlyList<string> urls)
    {
        if (urls.Count == 0 || handle.Content.Tree is not { } tree || handle.Content.Attachment is not { } at)
        {
            return;
        }

        SwarmOf(at)?.AddMirrors(tree.File, urls);
    }

    /// <summary>Ends when it is clear whether others watch this version too, or at once without a swarm.</summary>
    public Task MeetAsync(ResourceHandle handle) => handle.Content.Attachment is { } at && SwarmOf(at) is { } swarm ? swarm.Met : Task.CompletedTask;

    private TorrentSwarm? SwarmOf(Attachment at)
    {
        lock (_gate)
        {
            return _loops.GetValueOrDefault(at.Place.Loop.Id)?.Swarm;
        }
    }

    /// <summary>True if others than the origin may deliver this version now.</summary>
    public static bool HasSwarm(ResourceHandle handle) =>
        handle.Content.Tree is not null && !handle.IsRetired && handle.Content.Attachment is { HasPeers: true };

    /// <summary>
    /// Offset of the first byte of the range that is neither here nor about to be, in an answer that the origin is giving to another response; the
    /// range's end where all of it is, or what is missing first is coming.
    /// </summary>
    public static long FirstToAsk(ResourceHandle handle, ByteRange range)
    {
        var missing = handle.Content.FirstMissing(range);
        while (missing < range.End && !handle.Content.Readers.Any(r => r.Origin?.Brings(missing) == true))
        {
            // A block is admitted before its answer goes beyond it: what no answer brings, and is missing still, no answer has just brought.
            var before = missing;
            missing = handle.Content.FirstMissing(range);
            if (missing == before)
            {
                return missing;
            }
        }

        return range.End;
    }

    /// <summary>Peers of this version's swarm that were banned for what they sent.</summary>
    public IReadOnlyList<SourceRecord> BlamedSources(ResourceHandle handle) =>
        handle.Version.Infohash is { } infohash ? [.. _context.Sources.All.Where(r => r.Infohash == infohash && r.Blames.Count > 0)] : [];

    /// <summary>Opens a reader over a permitted range.</summary>
    /// <param name="access">The client's own way to the origin; null where none is to be asked.</param>
    /// <param name="firstBody">The body of the permission answer, adopted as the first run; null if it has none.</param>
    public ResourceReader OpenReader(ResourceHandle handle, ByteRange range, IOriginAccess? access, IOriginBody? firstBody, string originHost, ReaderHint hint = ReaderHint.Unknown)
    {
        var reader = new ResourceReader(_context, handle.Content, range, hint);
        var origin = access is null && firstBody is null ? null : new OriginSource(_context, reader, access, originHost);
        if (firstBody is not null)
        {
            origin!.Adopt(firstBody);
        }

        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            handle.LastUsed = _context.Now;
            if (handle.Content is { Attachment: null } or { Attachment.Beside: not null, Readers.Length: 0 })
            {
                Move(handle.Content); // from beside a place too: it may be free now
            }

            reader.Open(origin);
        }

        origin?.StartAdopted();
        return reader;
    }

    private void OnFalsified(ResourceHandle handle)
    {
        lock (_gate)
        {
            if (handle.Content.Tree is { } tree)
            {
                _quarantine.Add(handle.Version.Url, handle.Version.Validator?.ToString() ?? "", tree.Metainfo.InfoHash.Id);
            }

            _catalog.Retire(handle);
            if (handle.Content.Attachment is { } at)
            {
                // Single-answer responses go on alone, without the swarm that the tree had brought.
                Move(handle.Content);
                FillPlace(at);
            }
        }

        _quarantine.Save();
        _context.Events.Publish("tree.falsified", $"a version of {handle.Version.Length} bytes contradicted its tree or itself; it was detached");
    }
}
