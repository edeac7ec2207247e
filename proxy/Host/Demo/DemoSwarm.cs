using System.Net;
using Swarm.Engine.Receipts;
using Swarm.Protocol;
using Swarm.Proxy.Cli;
using Swarm.Proxy.Control;
using Swarm.Proxy.Lifetime;

namespace Swarm.Proxy.Demo;

/// <summary>Everything of the demo at work: the slow site, four nodes that have the film and give it, and the one that plays it. All on loopback, all gone with it.</summary>
internal sealed class DemoSwarm : IAsyncDisposable
{
    private const int PeerCount = 4;
    private const int PictureCells = 400;

    /// <summary>For one download: a minute and a half of film, 6 MiB. To watch: three minutes, so that there is time to press every button.</summary>
    private const int RoundsOnce = 9, RoundsToWatch = 18;

    /// <summary>Of one peer's line, of the bitrate: with three killed the film still plays, and it takes its time for the eye.</summary>
    private const double PeerShareOfBitrate = 0.6;
    private const int PieceBytes = 64 << 10;
    private const double OriginShareOfBitrate = 0.7;

    private readonly Stack<IAsyncDisposable> _running = new();
    private readonly string _folder;
    private readonly OriginRate _originRate = new(TimeProvider.System);
    private readonly Dictionary<string, long> _seenBytes = [];

    private DemoSwarm(string folder) => _folder = folder;

    public DemoFilm Film { get; private set; } = null!;
    public DemoSite Site { get; private set; } = null!;
    public ProxyHost Viewer { get; private set; } = null!;

    /// <summary>What a visitor may do; null for one download.</summary>
    public DemoTour? Tour { get; private set; }

    public double OriginBytesPerSecond => Film.BytesPerSecond * OriginShareOfBitrate;

    /// <summary>Starts it all, or says in one sentence what cannot start.</summary>
    /// <param name="toWatch">With a tour, and lines of a rate that can be watched; otherwise as fast as it goes.</param>
    /// <param name="receipt">Told each receipt of the viewer, as one line.</param>
    public static async Task<Started<DemoSwarm>> StartAsync(Surroundings surroundings, NodeParts parts, bool toWatch, Action<string> receipt, CancellationToken cancellation)
    {
        var swarm = new DemoSwarm(TemporaryFolder(surroundings));
        string? problem;
        try
        {
            problem = await swarm.StartAllAsync(surroundings, parts, toWatch, receipt, cancellation);
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

    private async Task<string?> StartAllAsync(Surroundings surroundings, NodeParts parts, bool toWatch, Action<string> receipt, CancellationToken cancellation)
    {
        using (var clip = new MemoryStream())
        {
            await using var resource = typeof(DemoSwarm).Assembly.GetManifestResourceStream("demo/clip.mp4") ?? throw new InvalidOperationException("the build left out clip.mp4");
            await resource.CopyToAsync(clip, cancellation);
            Film = DemoFilm.Repeat(clip.ToArray(), toWatch ? RoundsToWatch : RoundsOnce);
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
        var peers = new List<IPEndPoint>();
        for (var i = 1; i <= PeerCount; i++)
        {
            // They dial nobody on loopback: a killed peer would call the viewer by another way than its line.
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

            peers.Add(at);
        }

        if (toWatch)
        {
            // The second address on: the first is everybody's.
            PeerLine[] lines = [.. peers.Select((peer, i) => PeerLine.Open(i + 2, peer, Film.BytesPerSecond * PeerShareOfBitrate))];
            Tour = new(lines, Site.Pipe, cancel => StoppedReader.StartAsync(Viewer.ProxyEndPoint, Site.FilmUrl, cancel));
            _running.Push(Tour);
            peers = [.. lines.Select(l => l.At)];
        }

        var viewer = await NodeAsync("viewer", quiet, parts, new() { ["swarm-host"] = ["127.0.0.1"], ["peer"] = [.. peers.Select(p => p.ToString())], ["share"] = ["off"], ["allow-target"] = ["127.0.0.0/8"] }, cancellation, receipt);
        if (viewer.Part is not { } host)
        {
            return viewer.Problem;
        }

        Viewer = host;
        Site.PlayerUrl = PlayerUrl;
        Site.Status = Status;
        Site.Player = p => host.Engine.View.TellPlayhead(new(Site.FilmUrl, p.Seconds, p.DurationSeconds, p.Seconds + p.BufferedSeconds, Paused: p.Paused, Player: "the demo's page"));
        Site.Token = host.ControlToken;
        Site.Act = (action, cancel) => Tour?.DoAsync(action, cancel) ?? Task.FromResult<string?>(null);
        return null;
    }

    /// <summary>The page with what lets its buttons work where no server log sees it: in the fragment.</summary>
    public string PageUrl => $"{Site.Url}/#{Viewer.ControlToken}";

    private async Task<Started<ProxyHost>> NodeAsync(
        string name, Surroundings surroundings, NodeParts parts, Dictionary<string, IReadOnlyList<string>> flags, CancellationToken cancellation, Action<string>? receipt = null)
    {
        flags["data"] = [Path.Combine(_folder, name)];
        flags["listen"] = ["127.0.0.1:0"];
        flags["control"] = ["127.0.0.1:0"];
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

    private DemoStatus Status()
    {
        var view = Viewer.Engine.View;
        var film = view.Resources().FirstOrDefault(r => r.Url == Site.FilmUrl);
        var flow = film is null ? null : view.Flow(film.Id, PictureCells);
        double? ready = flow is { Readers.Count: > 0 } ? flow.Readers.Max(r => r.Position + r.AheadBytes) / (double)flow.Length : null;
        return new(
            film is null ? "Nobody has asked for the film yet." : Sentence(film), $"http://{Viewer.ControlEndPoint}/", Site.FilmUrl, flow?.Picture, ready,
            [new("origin", "serves", Site.SentBytes, _originRate.Of(Site.SentBytes)), .. Peers(view.Peers())], Tour is { IsThrottled: true }, Tour is { HasStoppedReader: true });
    }

    /// <summary>Who is on the lines: killed and banned ones have no connection any more.</summary>
    private IEnumerable<DemoSource> Peers(IReadOnlyList<PeerView> connected)
    {
        foreach (var line in Tour?.Lines ?? [])
        {
            var name = line.At.ToString();
            var peer = connected.FirstOrDefault(p => p.Address == name);
            lock (_seenBytes)
            {
                _seenBytes[name] = Math.Max(_seenBytes.GetValueOrDefault(name), peer?.ReceivedBytes ?? 0);
                yield return new(name, line.IsCut ? "killed" : peer?.State switch { "unchoked" => "serves", "banned" => "banned", null when line.Spoils => "banned", null => "away", _ => "waits" }, _seenBytes[name], peer?.BytesPerSecond ?? 0);
            }
        }
    }

    private string Sentence(ResourceView film)
    {
        var here = $"{PlainUnits.Size(film.HaveBytes)} of {PlainUnits.Size(film.Length)} are here";
        if (film.Readers == 0)
        {
            return Viewer.Receipts.Recent(1) is [var last] ? $"{here} · last answer: {ReceiptLine.Format(last)}" : here;
        }

        var bytes = film.BytesBySource;
        return $"{here} · {PlainUnits.Share(bytes.Peer, bytes.Total)} from {film.Peers} peers, "
            + $"{PlainUnits.Share(bytes.Origin, bytes.Total)} from the origin, {PlainUnits.Share(film.VerifiedBytes, bytes.Total)} verified · {PlainUnits.Rate(film.BytesPerSecond)} from peers";
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
