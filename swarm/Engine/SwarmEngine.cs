using System.Net;
using Swarm.Core;
using Swarm.Discovery;
using Swarm.Peer;
using Swarm.Protocol;
using Swarm.Store;

namespace Swarm.Engine;

/// <summary>
/// One node's engine: knows versions and torrents, gives each content its loop, opens readers. The only door for the front.
/// Thread-safe; its lock guards tables and is never held over IO.
/// </summary>
public sealed partial class SwarmEngine : IAsyncDisposable
{
    /// <summary>A swarm without readers keeps its peers this long: a player that seeks closes before it opens.</summary>
    private const long IdleLoopMicros = 60_000_000;

    private readonly Lock _gate = new();
    private readonly EngineContext _context;
    private readonly EngineNetwork _network;
    private readonly PieceStore? _store;
    private readonly VersionCatalog _catalog;
    private readonly Quarantine _quarantine;
    private readonly Governor _governor;
    private readonly Uploads _uploads;
    private readonly Dictionary<int, LoopEntry> _loops = [];
    private readonly Dictionary<string, TorrentRecord> _torrents = [];
    private readonly ITimer _janitor;
    private int _lastLoop;
    private bool _closed;

    internal SwarmEngine(EngineContext context, EngineNetwork network, Governor governor, PieceStore? store)
    {
        _context = context;
        _network = network;
        _governor = governor;
        _store = store;
        _quarantine = new(store is null ? null : context.Options.DataDirectory);
        _uploads = new(context, governor.Uploads, new DeadlineOrder());
        _catalog = new(context, store);
        _catalog.LoadFromStore();
        if (store is not null)
        {
            store.Recovered += OnStoreRecovered;
            store.Lost += OnStoreLost;
            store.Room += OnStoreRoom;
            store.IsNeeded = IsNeeded;
        }

        context.MemoryShort = () =>
        {
            foreach (var handle in Resources)
            {
                handle.Content.TrimMemory(all: true);
            }
        };
        _janitor = context.Time.CreateTimer(_ => Sweep(), null, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5));
    }

    private sealed class LoopEntry(SwarmLoop loop, TorrentSwarm? swarm)
    {
        public SwarmLoop Loop => loop;
        public TorrentSwarm? Swarm => swarm;
        public Instant IdleSince = Instant.Never;
    }

    public EngineOptions Options => _context.Options;

    public EngineEvents Events => _context.Events;

    public SourceDirectory Sources => _context.Sources;

    /// <summary>The event clock, for permits.</summary>
    public Instant Now => _context.Now;

    public PieceStore? Store => _store;

    /// <summary>The way to web seeds (BEP 19). Set before torrents are used; without it they are not asked.</summary>
    public IWebSeedAccess? WebSeedAccess
    {
        get => _context.WebSeedAccess;
        set => _context.WebSeedAccess = value;
    }

    /// <summary>This machine in the DHT; without it peers are not looked for there. Set before torrents are used; its owner disposes it after the engine.</summary>
    public MainlineDht? Dht
    {
        get => _context.Dht;
        set => _context.Dht = value;
    }

    // --- Versions

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
                foreach (var handle in _catalog.All.Where(h => h.Version.Url == url))
                {
                    handle.Content.StopSharing();
                }
            }
        }
    }

    // --- Trees

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

            if (handle.Content.Attachment is { } at)
            {
                // Responses are running on the lone loop: they move to the torrent's without noticing.
                Attach(handle.Content);
                at.Loop.Detach(handle.Content);
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

        TorrentSwarm? swarm;
        lock (_gate)
        {
            swarm = _loops.GetValueOrDefault(at.Loop.Id)?.Swarm;
        }

        swarm?.AddMirrors(tree.File, urls);
    }

    /// <summary>Why the bytes of this layout file cannot be verified here; null if they can.</summary>
    public string? Unusable(Metainfo metainfo, int layoutFile) =>
        !metainfo.IsVerifiable(layoutFile) ? "the torrent has no piece hashes for this file"
        : !metainfo.HasV2Trees && metainfo.PieceLength > Options.MemoryBytes / 4
            ? $"its v1 pieces of {metainfo.PieceLength >> 20} MiB do not fit into the memory for blocks, which is {Options.MemoryBytes >> 20} MiB"
        : null;

    /// <summary>Remembers a torrent. One given by the user binds to the URLs of its own url-list and is served by infohash.</summary>
    public TorrentRecord AddTorrent(Metainfo metainfo, bool givenByUser)
    {
        lock (_gate)
        {
            return AddTorrentLocked(metainfo, givenByUser, []);
        }
    }

    private TorrentRecord AddTorrentLocked(Metainfo metainfo, bool givenByUser, IReadOnlyList<PeerHint> peers)
    {
        var id = metainfo.InfoHash.Id;
        if (_torrents.TryGetValue(id, out var known) && (known.GivenByUser || !givenByUser))
        {
            return known;
        }

        _doomed.ExceptWith(StoreKeys(metainfo));
        return _torrents[id] = new(metainfo, givenByUser) { Peers = peers };
    }

    public TorrentRecord? FindTorrent(string infohashHex)
    {
        lock (_gate)
        {
            return FindTorrentLocked(infohashHex);
        }
    }

    private TorrentRecord? FindTorrentLocked(string infohashHex)
    {
        var named = _torrents.Values.Where(t => t.Metainfo.InfoHash.Matches(infohashHex)).ToArray();
        return Array.Find(named, t => t.GivenByUser) ?? named.FirstOrDefault();
    }

    public IReadOnlyList<TorrentRecord> Torrents
    {
        get
        {
            lock (_gate)
            {
                return [.. _torrents.Values];
            }
        }
    }

    /// <summary>The file of a given torrent whose url-list resolves to exactly this URL (BEP 19).</summary>
    public (TorrentRecord Torrent, int File)? BoundByUrlList(string url)
    {
        lock (_gate)
        {
            foreach (var torrent in _torrents.Values.Where(t => t.GivenByUser))
            {
                if (UrlList.FileOf(torrent.Metainfo, url) is >= 0 and var file)
                {
                    return (torrent, file);
                }
            }
        }

        return null;
    }

    /// <summary>A torrent's own file, served on the user's authority; no origin stands above it.</summary>
    /// <param name="file">Index in <see cref="Metainfo.Files"/>.</param>
    public TorrentBytes TorrentFile(TorrentRecord torrent, int file)
    {
        var metainfo = torrent.Metainfo;
        return metainfo.IsAligned
            ? new(LayoutFile(torrent, file), new(0, metainfo.Files[file].Length))
            : new(LayoutFile(torrent, 0), metainfo.Files[file].Range);
    }

    private ResourceHandle LayoutFile(TorrentRecord torrent, int file)
    {
        var f = torrent.Metainfo.Layout.Files[file];
        var version = new ResourceVersion($"torrent:{torrent.Metainfo.InfoHash.Id}/{f.Path}", "identity", null, f.Length, torrent.Metainfo.InfoHash.Id, Authority.Tree, true);
        lock (_gate)
        {
            if (_catalog.Current(version.Url, "identity") is { } known)
            {
                known.LastUsed = _context.Now;
                return known;
            }

            var handle = _catalog.Name(version);
            handle.Content.WhenFalsified ??= _ => OnFalsified(handle);
            handle.Content.BindTree(new(torrent.Metainfo, file, Authority.Tree, confirmed: true), OpenTreeStore(torrent.Metainfo, file));
            return handle;
        }
    }

    /// <summary>True if others than the origin may deliver this version now.</summary>
    public static bool HasSwarm(ResourceHandle handle) =>
        handle.Content.Tree is not null && !handle.IsRetired && handle.Content.Attachment is { Loop.HasPeers: true };

    /// <summary>Peers of this version's swarm that were banned for what they sent.</summary>
    public IReadOnlyList<SourceRecord> BlamedSources(ResourceHandle handle) =>
        handle.Version.Infohash is { } infohash ? [.. _context.Sources.All.Where(r => r.Infohash == infohash && r.Blames.Count > 0)] : [];

    // --- Readers

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
            if (handle.Content.Attachment is null)
            {
                Attach(handle.Content);
            }

            reader.Open(origin);
        }

        origin?.StartAdopted();
        return reader;
    }

    /// <summary>Joins the torrent's swarm now rather than on first use.</summary>
    /// <param name="selects">The files to join for; null for all. Where pieces run across files the torrent is one content and joined whole.</param>
    public void JoinNow(TorrentRecord torrent, Func<int, bool>? selects = null)
    {
        for (var file = 0; file < torrent.Metainfo.Layout.Files.Length; file++)
        {
            if (Unusable(torrent.Metainfo, file) is null && (selects is null || !torrent.Metainfo.IsAligned || selects(file)))
            {
                var handle = LayoutFile(torrent, file);
                lock (_gate)
                {
                    if (handle.Content.Attachment is null)
                    {
                        Attach(handle.Content);
                    }
                }
            }
        }
    }

    // --- Views

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

    internal IReadOnlyList<SwarmLoop> Loops
    {
        get
        {
            lock (_gate)
            {
                return [.. _loops.Values.Select(l => l.Loop)];
            }
        }
    }

    internal IReadOnlyList<TorrentSwarm> Swarms
    {
        get
        {
            lock (_gate)
            {
                return [.. _loops.Values.Where(l => l.Swarm is not null).Select(l => l.Swarm!)];
            }
        }
    }

    /// <summary>The torrent and sink for an inbound handshake, or null.</summary>
    public PeerAdmission? AdmitPeer(WireHash infohash, IPEndPoint from)
    {
        foreach (var swarm in Swarms)
        {
            if ((swarm.Torrent.V1 == infohash || swarm.Torrent.V2 == infohash) && swarm.Accept(from) is { } admission)
            {
                return admission;
            }
        }

        return null;
    }

    public async ValueTask DisposeAsync()
    {
        LoopEntry[] loops;
        MagnetSearch[] searches;
        lock (_gate)
        {
            _closed = true;
            searches = [.. _magnets.Values.Select(m => m.Search).OfType<MagnetSearch>()];
            _magnets.Clear();
            loops = [.. _loops.Values];
            _loops.Clear();
        }

        await _janitor.DisposeAsync();
        await _uploads.DisposeAsync();
        await Task.WhenAll(loops.Select(CloseAsync).Concat(searches.Select(s => s.DisposeAsync().AsTask())));
        await _network.DisposeAsync();
        foreach (var handle in Resources)
        {
            handle.Content.Release();
        }

        _catalog.DropRetired();
        _store?.Dispose();
    }

    // --- Loops; all inside the lock

    private void Attach(FileContent content)
    {
        if (content.Tree is { } tree && !content.Falsified && !_halted.Contains(tree.Metainfo.InfoHash.Id))
        {
            foreach (var entry in _loops.Values)
            {
                if (entry.Loop.InfoHash == tree.Metainfo.InfoHash && entry.Loop.TryAttach(content, tree.File))
                {
                    entry.IdleSince = _context.Now;
                    ProveForPeers(content);
                    return;
                }
            }

            var loop = NewLoop(tree.Metainfo.Layout, tree.Metainfo.InfoHash);
            var swarm = new TorrentSwarm(
                _context, _network, loop, _uploads.Open(loop, tree.Metainfo), tree.Metainfo,
                httpsOnly: content.Version.Url.StartsWith("https:", StringComparison.Ordinal), _torrents.GetValueOrDefault(tree.Metainfo.InfoHash.Id)?.Peers ?? []);
            loop.MayFindPeers = () => swarm.MayFindPeers;
            _loops[loop.Id] = new(loop, swarm) { IdleSince = _context.Now };
            loop.TryAttach(content, tree.File);
            swarm.Start();
            ProveForPeers(content);
            return;
        }

        const int lonePiece = 1 << 20;
        var lone = NewLoop(ContentLayout.Single("resource", content.Length, lonePiece), null);
        _loops[lone.Id] = new(lone, null) { IdleSince = _context.Now };
        lone.TryAttach(content, 0);
    }

    /// <summary>What the origin delivered in earlier runs is compared with the tree before peers may have it; beside everything else, for it may be long.</summary>
    private void ProveForPeers(FileContent content)
    {
        if (_uploads.Mode != ShareMode.Off)
        {
            _ = Task.Run(content.ProveWholePieces);
        }
    }

    private SwarmLoop NewLoop(ContentLayout layout, InfoHash? infohash)
    {
        var id = ++_lastLoop;
        var seed = (ulong)id * 0x9E3779B97F4A7C15;
        string? path = null;
        if (_context.Options.RecordDirectory is { } folder)
        {
            path = Path.Combine(folder, $"swarm-{_context.Time.GetUtcNow():yyyyMMdd-HHmmss}-{Environment.ProcessId}-{id}.events");
        }

        return new(_context, id, layout, infohash, new EventLog(path, layout, seed, _context.Options.LogHeader), seed)
        {
            ReadersChanged = OnReadersChanged,
        };
    }

    private void OnReadersChanged(SwarmLoop loop, int readers)
    {
        // Also called from readers that close, outside the lock; the governor and the table are behind it.
        TorrentSwarm? swarm = null;
        lock (_gate)
        {
            if (_loops.TryGetValue(loop.Id, out var entry))
            {
                entry.IdleSince = _context.Now;
                swarm = entry.Swarm;
            }

            foreach (var (id, kind, amount) in _governor.ReadersChanged(loop.Id, readers))
            {
                if (_loops.TryGetValue(id, out var other))
                {
                    other.Loop.Post(EventKind.Grant, 0, (int)kind, amount);
                }
            }
        }

        _uploads.OnReadersChanged();
        swarm?.Tick();
    }

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
        return _store?.Open(StoreKey(metainfo, file), f.Length);
    }

    private static string StoreKey(Metainfo metainfo, int file)
    {
        var f = metainfo.Layout.Files[file];
        return metainfo.HasV2Trees ? $"tree:{f.PiecesRoot}\n{f.Length}" : $"pieces:{metainfo.InfoHash.V1Hex}:{file}\n{f.Length}";
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
                Attach(handle.Content);
                at.Loop.Detach(handle.Content);
            }
        }

        _quarantine.Save();
        _context.Events.Publish("tree.falsified", $"a version of {handle.Version.Length} bytes contradicted its tree or itself; it was detached");
    }

    private void Sweep()
    {
        List<LoopEntry> idle = [];
        lock (_gate)
        {
            var now = _context.Now;
            foreach (var (id, entry) in _loops.ToArray())
            {
                var halted = entry.Loop.InfoHash is { } infohash && _halted.Contains(infohash.Id);
                var kept = entry.Swarm is { } swarm && _uploads.Keeps(swarm.Uploads);
                if (entry.Loop.Readers == 0 && (halted || (!kept && now - entry.IdleSince > IdleLoopMicros)))
                {
                    _loops.Remove(id);
                    foreach (var handle in _catalog.All)
                    {
                        if (handle.Content.Attachment?.Loop == entry.Loop)
                        {
                            handle.Content.LeaveLoop(entry.Loop);
                            handle.Content.TrimMemory(all: true);
                        }
                    }

                    idle.Add(entry);
                }
            }

            _catalog.Sweep();
            DeleteDoomed();
            _context.Sources.Trim();
            SweepMagnets(now);

            // Torrents that a Link brought matter while a version is bound to them.
            var bound = _catalog.All.Select(h => h.Version.Infohash).ToHashSet();
            foreach (var (id, torrent) in _torrents.ToArray())
            {
                if (!torrent.GivenByUser && !bound.Contains(id))
                {
                    _torrents.Remove(id);
                }
            }
        }

        foreach (var entry in idle)
        {
            _ = CloseAsync(entry);
        }
    }

    private async Task CloseAsync(LoopEntry entry)
    {
        if (entry.Swarm is { } swarm)
        {
            _uploads.Close(swarm.Uploads);
            await swarm.Uploads.CloseAsync();
            await swarm.DisposeAsync();
        }

        await entry.Loop.DisposeAsync();
    }
}
