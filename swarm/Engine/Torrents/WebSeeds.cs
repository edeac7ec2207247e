using Swarm.Core;
using Swarm.Engine.Receipts;
using Swarm.Protocol;

namespace Swarm.Engine;

/// <summary>
/// The web seeds of one torrent (BEP 19) and the mirrors of its files (RFC 6249): who is joined, who rests after trouble, who is given up. They
/// are asked while somebody reads. Thread-safe; its lock is held over no call into a source.
/// </summary>
internal sealed class WebSeeds(EngineContext context, SwarmLoop loop, Metainfo metainfo, Func<IWebSeedAccess?> access)
{
    /// <summary>libtorrent's max_web_seed_connections is 3: a mirror list of forty is not forty times the load.</summary>
    private const int MaxJoined = 3;

    /// <summary>An answer names eight at most; an origin that names others each time does not fill the memory.</summary>
    private const int MaxMirrors = 32;

    private const int MaxAttempts = 6;

    private const long FirstRestMicros = 2_000_000;

    private readonly Lock _gate = new();
    private readonly List<Entry> _entries = [.. metainfo.WebSeeds.Select(url => new Entry(HttpSeed.WebSeed(url)))];
    private bool _closed;

    private sealed class Entry(HttpSeed seed)
    {
        public HttpSeed Seed => seed;
        public WebSeedSource? Source;
        public int Attempts;

        /// <summary>In the times it was joined before.</summary>
        public long ReceivedBytes;
        public bool IsGivenUp;

        /// <summary>It sent wrong bytes.</summary>
        public bool IsBanned;
        public Instant NotBefore;
    }

    /// <summary>True while a waiting reader may hope for one.</summary>
    public bool MayHelp
    {
        get
        {
            lock (_gate)
            {
                return access() is not null && _entries.Exists(e => !e.IsGivenUp && MayServeAny(e.Seed));
            }
        }
    }

    /// <summary>All that are known now, in the order in which they are asked.</summary>
    public IReadOnlyList<HttpSeedSnapshot> Snapshot
    {
        get
        {
            lock (_gate)
            {
                return [.. _entries.Select(e => new HttpSeedSnapshot(
                    metainfo.InfoHash.Id, new Uri(e.Seed.Url).Authority, e.Seed.Kind.Label(),
                    e.Source is not null ? "joined" : e.IsBanned ? "banned" : e.IsGivenUp ? "given-up" : e.Attempts > 0 ? "resting" : "idle",
                    e.ReceivedBytes + (e.Source?.Record.ReceivedBytes ?? 0), e.Source?.BytesPerSecond ?? 0))];
            }
        }
    }

    /// <summary>The origin of one file says where else it lies; who is known already is not added again.</summary>
    public void AddMirrors(int file, IReadOnlyList<string> urls)
    {
        lock (_gate)
        {
            foreach (var seed in urls.Select(url => HttpSeed.Mirror(url, file)))
            {
                if (!_entries.Exists(e => e.Seed.Has(file) && e.Seed.UrlOf(metainfo, file) == seed.Url) && _entries.Count(e => e.Seed.Kind == SourceKind.Mirror) < MaxMirrors)
                {
                    _entries.Add(new(seed));
                }
            }
        }

        Tick();
    }

    /// <summary>Joins who may be asked now. Called often.</summary>
    public void Tick()
    {
        if (loop.Readers == 0 || access() is not { } way)
        {
            return;
        }

        while (true)
        {
            WebSeedSource source;
            lock (_gate)
            {
                if (_closed || _entries.Count(e => e.Source is not null) >= MaxJoined
                    || _entries.Find(e => e.Source is null && !e.IsGivenUp && e.NotBefore <= context.Now && MayServeAny(e.Seed)) is not { } next)
                {
                    return;
                }

                next.Source = source = new(context, loop, metainfo, next.Seed, way, OnEnded);
            }

            source.Join();
            context.Events.Publish($"{source.Kind.Label()}.joined", source.Address);
        }
    }

    public void Close()
    {
        WebSeedSource[] sources;
        lock (_gate)
        {
            _closed = true;
            sources = [.. _entries.Select(e => e.Source).OfType<WebSeedSource>()];
        }

        foreach (var source in sources)
        {
            source.Close();
        }
    }

    private void OnEnded(WebSeedSource source, FetchError? why)
    {
        lock (_gate)
        {
            if (_entries.Find(e => e.Source == source) is not { } entry)
            {
                return;
            }

            // Data earns patience again; what lied, is refused, or has none of the files is not asked a second time.
            entry.Source = null;
            entry.ReceivedBytes += source.Record.ReceivedBytes;
            entry.Attempts = (source.Record.ReceivedBytes > 0 ? 0 : entry.Attempts) + 1;
            entry.IsBanned = source.Record.Banned;
            entry.IsGivenUp = entry.IsBanned || why is { MayRetry: false } || entry.Attempts > MaxAttempts;
            entry.NotBefore = context.Now + (FirstRestMicros << Math.Min(5, entry.Attempts - 1));
        }

        if (why is not null)
        {
            context.Events.Publish($"{source.Kind.Label()}.{(why.Failure == FetchFailure.Refused ? "refused" : "left")}", $"{source.Address}: {why.Detail}");
        }

        Tick();
    }

    /// <summary>Some file that is read may come from there: a server that is the origin of all of them is no other source.</summary>
    private bool MayServeAny(HttpSeed seed)
    {
        for (var file = 0; file < loop.Layout.Files.Length; file++)
        {
            if (loop.File(file) is { } content && seed.MayServe(file, content))
            {
                return true;
            }
        }

        return false;
    }
}
