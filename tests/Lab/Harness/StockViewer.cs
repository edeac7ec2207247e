using System.Globalization;
using System.Text.Json;
using Swarm.Lab.Harness.Network;

namespace Swarm.Lab.Harness;

/// <summary>A stock client that watches, in a process of its own: the origin as web seed, a player on a byte clock.</summary>
public sealed class StockViewer : IAsyncDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(60);

    private readonly ChildProcess _process;
    private readonly TimeSpan _limit;

    private StockViewer(ChildProcess process, TimeSpan limit) => (_process, _limit) = (process, limit);

    /// <summary>libtorrent with piece deadlines. It starts to watch at once.</summary>
    public static StockViewer StartLibtorrent(Bench bench, LabHost host, Torrent torrent, Film film, Uri origin, double playSeconds, TimeSpan limit) => Start(
        bench, host, Tool.Libtorrent,
        [
            Bench.PeerScript("libtorrent_viewer.py"), "--listen", $"{host.Address}:6882", "--directory", bench.NewFolder("viewer"),
            "--bytes-per-second", Number(film.BytesPerSecond), "--play-seconds", Number(playSeconds), "--limit-seconds", Number(limit.TotalSeconds),
            "--web-seed", origin.AbsoluteUri, torrent.File,
        ],
        null, limit);

    /// <summary>WebTorrent over TCP, whose stream asks for what plays next. It starts to watch at once.</summary>
    /// <param name="installed">Where <see cref="WebTorrentPeer.InstallAsync"/> put it.</param>
    public static StockViewer StartWebTorrent(Bench bench, LabHost host, Torrent torrent, Film film, Uri origin, double playSeconds, TimeSpan limit, string installed) => Start(
        bench, host, Tool.Node,
        [
            Path.Combine(installed, WebTorrentPeer.ViewerScript), torrent.File, bench.NewFolder("viewer"), "6882", Number(film.BytesPerSecond), Number(playSeconds),
            Number(limit.TotalSeconds), origin.AbsoluteUri,
        ],
        installed, limit);

    /// <summary>What it saw, once it has played or its time is over.</summary>
    public async Task<(double StartupSeconds, double StallRatio, long PeerBytes)> PlayedAsync(CancellationToken stop)
    {
        var line = await _process.WaitForLineAsync(l => l.Contains("startup_seconds", StringComparison.Ordinal), _limit + Grace, stop);
        using var json = JsonDocument.Parse(line);
        var root = json.RootElement;
        var (stalled, played) = (root.GetProperty("stalled_seconds").GetDouble(), root.GetProperty("played_seconds").GetDouble());
        return (root.GetProperty("startup_seconds").GetDouble(), stalled + played > 0 ? stalled / (stalled + played) : 1, root.GetProperty("upload_payload_bytes").GetInt64());
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static StockViewer Start(Bench bench, LabHost host, Tool tool, string[] arguments, string? folder, TimeSpan limit)
    {
        var (program, inside) = host.Inside(tool.Program, arguments);
        return bench.Own(new StockViewer(ChildProcess.Start(bench.Reaper, program, inside, folder: folder), limit));
    }

    private static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);
}
