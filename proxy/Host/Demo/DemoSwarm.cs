using Swarm.Engine.Receipts;
using Swarm.Protocol;
using Swarm.Proxy.Cli;
using Swarm.Proxy.Lifetime;

namespace Swarm.Proxy.Demo;

/// <summary>Everything of the demo at work: the slow site, four nodes that have the film and give it, and the one that plays it. All on loopback, all gone with it.</summary>
internal sealed class DemoSwarm : IAsyncDisposable
{
    private const int Peers = 4;
    private const int Rounds = 9; // a minute and a half of film: 6 MiB
    private const int PieceBytes = 64 << 10;
    private const double OriginShareOfBitrate = 0.7;

    private readonly Stack<IAsyncDisposable> _running = new();
    private readonly string _folder;

    private DemoSwarm(string folder) => _folder = folder;

    public DemoFilm Film { get; private set; } = null!;
    public DemoSite Site { get; private set; } = null!;
    public ProxyHost Viewer { get; private set; } = null!;

    public double OriginBytesPerSecond => Film.BytesPerSecond * OriginShareOfBitrate;

    /// <summary>Starts it all, or says in one sentence what cannot start.</summary>
    /// <param name="receipt">Told each receipt of the viewer, as one line.</param>
    public static async Task<Started<DemoSwarm>> StartAsync(Surroundings surroundings, NodeParts parts, Action<string> receipt, CancellationToken cancellation)
    {
        var swarm = new DemoSwarm(TemporaryFolder(surroundings));
        string? problem;
        try
        {
            problem = await swarm.StartAllAsync(surroundings, parts, receipt, cancellation);
        }
        catch
        {
            await swarm.DisposeAsync();
            throw;
        }

        if (problem is null)
        {
            return Started.As(swarm);
        }

        await swarm.DisposeAsync();
        return Started.Failed<DemoSwarm>(problem);
    }

    /// <summary>A URL of the film that a page's video element may load from the viewer.</summary>
    public string? PlayerUrl() => Viewer.Engine.View.IssueCapability(new(Url: Site.FilmUrl)).Capability?.Url;

    public async ValueTask DisposeAsync()
    {
        while (_running.TryPop(out var part))
        {
            await part.DisposeAsync();
        }

        try
        {
            Directory.Delete(_folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The system's temporary folder is swept by the system.
        }
    }

    private async Task<string?> StartAllAsync(Surroundings surroundings, NodeParts parts, Action<string> receipt, CancellationToken cancellation)
    {
        using (var clip = new MemoryStream())
        {
            await using var resource = typeof(DemoSwarm).Assembly.GetManifestResourceStream("demo/clip.mp4") ?? throw new InvalidOperationException("the build left out clip.mp4");
            await resource.CopyToAsync(clip, cancellation);
            Film = DemoFilm.Repeat(clip.ToArray(), Rounds);
        }

        var mine = Directory.CreateDirectory(Path.Combine(_folder, "film")).FullName;
        await File.WriteAllBytesAsync(Path.Combine(mine, "film.mp4"), Film.Bytes, cancellation);
        var metafile = Metafile(Film.Bytes);
        var torrent = Path.Combine(_folder, "film.torrent");
        await File.WriteAllBytesAsync(torrent, metafile, cancellation);

        using (var reader = new StreamReader(typeof(DemoSwarm).Assembly.GetManifestResourceStream("demo/page.html") ?? throw new InvalidOperationException("the build left out page.html")))
        {
            Site = await DemoSite.StartAsync(Film, metafile, OriginBytesPerSecond, await reader.ReadToEndAsync(cancellation), cancellation);
        }

        _running.Push(Site);
        var quiet = surroundings with { Error = TextWriter.Null };
        var peers = new List<string>();
        for (var i = 1; i <= Peers; i++)
        {
            var started = await NodeAsync($"peer{i}", quiet, parts, new() { ["share"] = ["seed"], ["peer-listen"] = ["127.0.0.1:0"], ["torrent"] = [torrent], ["seed-now"] = ["true"] }, cancellation);
            if (started.Part is not { } peer)
            {
                return started.Problem;
            }

            var added = await peer.Engine.View.AddTorrentAsync(metafile, keep: false, mine, cancellation);
            if (added.Torrent is null || peer.Engine.PeerEndPoint is not { } at)
            {
                return added.Problem ?? "a peer of the demo does not listen.";
            }

            while (peer.Engine.View.Torrents() is [{ State: "checking" }])
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), cancellation);
            }

            peers.Add(at.ToString());
        }

        var viewer = await NodeAsync("viewer", quiet, parts, new() { ["swarm-host"] = ["127.0.0.1"], ["peer"] = peers, ["share"] = ["off"] }, cancellation, receipt);
        Viewer = viewer.Part!;
        Site.PlayerUrl = PlayerUrl;
        Site.Status = StatusLine;
        return viewer.Problem;
    }

    private async Task<Started<ProxyHost>> NodeAsync(
        string name, Surroundings surroundings, NodeParts parts, Dictionary<string, IReadOnlyList<string>> flags, CancellationToken cancellation, Action<string>? receipt = null)
    {
        flags["data"] = [Path.Combine(_folder, name)];
        flags["listen"] = ["127.0.0.1:0"];
        flags["control"] = ["127.0.0.1:0"];
        flags["allow-target"] = ["127.0.0.0/8"];
        foreach (var off in new[] { "no-dht", "no-lsd", "no-pex" })
        {
            flags[off] = ["true"];
        }

        // Only what stands here counts: a person's own settings are not the demo's.
        var bare = surroundings with { Variables = new Dictionary<string, string> { ["HOME"] = _folder } };
        var loaded = SettingsLoader.Load(flags, null, bare, NodePaths.Of(bare));
        if (loaded.Problem is { } wrong)
        {
            return Started.Failed<ProxyHost>(wrong);
        }

        var started = await ProxyHost.StartAsync(loaded.Settings, bare, parts, cancellation);
        if (started.Part is { } host)
        {
            _running.Push(host);
            if (receipt is not null)
            {
                host.Receipts.Added += view => receipt(ReceiptLine.Format(view));
            }
        }

        return started;
    }

    /// <summary>A new folder for this user alone, where the system wants such things.</summary>
    private static string TemporaryFolder(Surroundings surroundings)
    {
        var name = "swarmstream-demo-" + Guid.NewGuid().ToString("N");
        var paths = new NodePaths(Path.Combine(surroundings.Variable("TMPDIR") ?? Path.GetTempPath(), name), "", "", "");
        (paths with { State = paths.Cache, Runtime = paths.Cache }).Create();
        return paths.Cache;
    }

    /// <summary>What the page says once a second.</summary>
    private string StatusLine()
    {
        var film = Viewer.Engine.View.Resources().FirstOrDefault(r => r.Url == Site.FilmUrl);
        if (film is null)
        {
            return "Nobody has asked for the film yet.";
        }

        var here = $"{PlainUnits.Size(film.HaveBytes)} of {PlainUnits.Size(film.Length)} are here";
        if (film.Readers == 0)
        {
            return Viewer.Receipts.Recent(1) is [var last] ? $"{here} · last answer: {ReceiptLine.Format(last)}" : here;
        }

        var bytes = film.BytesBySource;
        return $"{here} · this answer: {PlainUnits.Share(bytes.Peer, bytes.Total)} from {film.Peers} peers, "
            + $"{PlainUnits.Share(bytes.Origin, bytes.Total)} from the origin, {PlainUnits.Share(film.VerifiedBytes, bytes.Total)} verified · {PlainUnits.Rate(film.BytesPerSecond)}";
    }

    private static byte[] Metafile(byte[] film)
    {
        using var hasher = new MetainfoHasher(MetainfoFormat.Hybrid, PieceBytes, singleFile: true);
        hasher.Append(film);
        hasher.EndFile("film.mp4");
        var builder = new MetainfoBuilder { Name = "film.mp4", PieceLength = PieceBytes, Format = MetainfoFormat.Hybrid, V1Pieces = hasher.EndContent(), Files = hasher.Files, WebSeeds = [] };
        return builder.TryBuild(out var metafile, out var error) ? metafile : throw new InvalidOperationException(error.ToString());
    }
}
