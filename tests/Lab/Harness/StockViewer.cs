using System.Globalization;
using System.Text.Json;
using Swarm.Lab.Harness.Network;

namespace Swarm.Lab.Harness;

/// <summary>A stock libtorrent viewer in a process of its own: piece deadlines, the origin as web seed, a player on a byte clock.</summary>
public sealed class LibtorrentViewer : IAsyncDisposable
{
    private readonly ChildProcess _process;
    private readonly TimeSpan _limit;

    private LibtorrentViewer(ChildProcess process, TimeSpan limit) => (_process, _limit) = (process, limit);

    /// <summary>Starts to watch at once.</summary>
    public static LibtorrentViewer Start(Bench bench, LabHost host, Torrent torrent, Film film, Uri origin, double playSeconds, TimeSpan limit)
    {
        string[] arguments =
        [
            Bench.PeerScript("libtorrent_viewer.py"), "--listen", $"{host.Address}:6882", "--directory", bench.NewFolder("viewer"),
            "--bytes-per-second", film.BytesPerSecond.ToString(CultureInfo.InvariantCulture),
            "--play-seconds", playSeconds.ToString(CultureInfo.InvariantCulture),
            "--limit-seconds", limit.TotalSeconds.ToString(CultureInfo.InvariantCulture),
            "--web-seed", origin.AbsoluteUri, torrent.File,
        ];
        var (program, inside) = host.Inside(Tool.Libtorrent.Program, arguments);
        return bench.Own(new LibtorrentViewer(ChildProcess.Start(bench.Reaper, program, inside), limit));
    }

    /// <summary>What it saw, once it has played or its time is over.</summary>
    public async Task<(double StartupSeconds, double StallRatio, long PeerBytes)> PlayedAsync(CancellationToken stop)
    {
        var line = await _process.WaitForLineAsync(l => l.Contains("startup_seconds", StringComparison.Ordinal), _limit + TimeSpan.FromSeconds(60), stop);
        using var json = JsonDocument.Parse(line);
        var root = json.RootElement;
        var (stalled, played) = (root.GetProperty("stalled_seconds").GetDouble(), root.GetProperty("played_seconds").GetDouble());
        return (root.GetProperty("startup_seconds").GetDouble(), stalled + played > 0 ? stalled / (stalled + played) : 1, root.GetProperty("upload_payload_bytes").GetInt64());
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
