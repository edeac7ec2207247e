using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Engine;

/// <summary>
/// The web seeds of one torrent (BEP 19): who is joined, who rests after trouble, who is given up. They are asked while somebody
/// reads. Thread-safe; its lock is held over no call into a source.
/// </summary>
internal sealed class WebSeeds(EngineContext context, SwarmLoop loop, Metainfo metainfo, Func<IWebSeedAccess?> access)
{
    /// <summary>libtorrent's max_web_seed_connections is 3: a mirror list of forty is not forty times the load.</summary>
    private const int MaxJoined = 3;

    private const int MaxAttempts = 6;

    private const long FirstRestMicros = 2_000_000;

    private readonly Lock _gate = new();
    private readonly Entry[] _entries = [.. metainfo.WebSeeds.Select(url => new Entry(url))];
    private bool _closed;

    private sealed class Entry(string url)
    {
        public string Url => url;
        public WebSeedSource? Source;
        public int Attempts;
        public bool IsGivenUp;
        public Instant NotBefore;
    }

    /// <summary>True while a waiting reader may hope for one.</summary>
    public bool MayHelp
    {
        get
        {
            lock (_gate)
            {
                return access() is not null && Array.Exists(_entries, e => !e.IsGivenUp && MayServeAny(e.Url));
            }
        }
    }

    /// <summary>Joins who may be asked now. Called often.</summary>
    public void Tick()
    {
        if (_entries.Length == 0 || loop.Readers == 0 || access() is not { } way)
        {
            return;
        }

        while (true)
        {
            WebSeedSource source;
            lock (_gate)
            {
                if (_closed || _entries.Count(e => e.Source is not null) >= MaxJoined
                    || Array.Find(_entries, e => e.Source is null && !e.IsGivenUp && e.NotBefore <= context.Now && MayServeAny(e.Url)) is not { } next)
                {
                    return;
                }

                next.Source = source = new(context, loop, metainfo, next.Url, way, OnEnded);
            }

            source.Join();
            context.Events.Publish("webseed.joined", source.Address);
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
            if (Array.Find(_entries, e => e.Source == source) is not { } entry)
            {
                return;
            }

            // Data earns patience again; what lied, is refused, or has none of the files is not asked a second time.
            entry.Source = null;
            entry.Attempts = (source.Record.ReceivedBytes > 0 ? 0 : entry.Attempts) + 1;
            entry.IsGivenUp = source.Record.Banned || why is { MayRetry: false } || entry.Attempts > MaxAttempts;
            entry.NotBefore = context.Now + (FirstRestMicros << Math.Min(5, entry.Attempts - 1));
        }

        if (why is not null)
        {
            context.Events.Publish(why.Failure == FetchFailure.Refused ? "webseed.refused" : "webseed.left", $"{source.Address}: {why.Detail}");
        }

        Tick();
    }

    /// <summary>Some file that is read may come from there: a web seed that is the origin of all of them is none.</summary>
    private bool MayServeAny(string url)
    {
        for (var file = 0; file < loop.Layout.Files.Length; file++)
        {
            if (loop.File(file) is { } content && WebSeedSource.MayServe(url, content))
            {
                return true;
            }
        }

        return false;
    }
}
