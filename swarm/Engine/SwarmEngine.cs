using Swarm.Core;
using Swarm.Discovery;
using Swarm.Store;

namespace Swarm.Engine;

/// <summary>
/// One node's engine: knows versions and torrents, gives each content its loop, opens readers. The only door for the front. This file is its
/// lifetime; what it does stands in one file each: contents, torrents, swarms, care, storage, magnets, seeding, views.
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
    private readonly TorrentBook _torrents = new();
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

    private void Sweep()
    {
        List<LoopEntry> idle = [];
        lock (_gate)
        {
            var now = _context.Now;
            foreach (var (id, entry) in _loops.ToArray())
            {
                var halted = entry.Loop.InfoHash is { } infohash && _torrents.IsHalted(infohash.Id);
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
            var bound = _catalog.All.Select(h => h.Version.Infohash).OfType<string>().ToHashSet();
            _torrents.KeepOnly(bound);
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
