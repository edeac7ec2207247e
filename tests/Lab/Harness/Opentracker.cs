using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Swarm.Lab.Harness.Network;

namespace Swarm.Lab.Harness;

/// <summary>A stock tracker for the torrents it is told of (Debian builds opentracker with a white list).</summary>
public sealed partial class Opentracker : IAsyncDisposable
{
    private static readonly TimeSpan AnnounceLimit = TimeSpan.FromSeconds(60);

    private readonly ChildProcess _process;
    private readonly HttpClient _client;

    private Opentracker(ChildProcess process, int port, LabHost? host)
    {
        _process = process;
        Port = port;
        _client = LabHost.NewClient(host, AnnounceUrl(port, host));
    }

    public int Port { get; }

    public Uri Announce => AnnounceUrl(Port);

    public static Uri AnnounceUrl(int port, LabHost? host = null) => new($"http://{host?.Address ?? IPAddress.Loopback}:{port}/announce");

    /// <param name="host">Where it runs; null for this machine.</param>
    /// <param name="port">Chosen before the torrents are made, since they name it.</param>
    public static async Task<Opentracker> StartAsync(Bench bench, int port, IEnumerable<Torrent> torrents, CancellationToken stop, LabHost? host = null)
    {
        var folder = bench.NewFolder("tracker");
        await File.WriteAllLinesAsync(Path.Combine(folder, "whitelist"), torrents.SelectMany(t => t.TrackerHashes), stop);

        // It changes its root to this folder and then its user to nobody, who must be able to read the list.
        File.SetUnixFileMode(bench.Folder, File.GetUnixFileMode(bench.Folder) | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        var address = host?.Address ?? IPAddress.Loopback;
        string[] arguments = ["-i", $"{address}", "-p", $"{port}", "-P", $"{port}", "-d", folder, "-u", "nobody", "-w", "whitelist"];
        var (program, inside) = host?.Inside(Tool.Opentracker.Program, arguments) ?? (Tool.Opentracker.Program, arguments);
        var process = ChildProcess.Start(bench.Reaper, program, inside);
        var tracker = bench.Own(new Opentracker(process, port, host));
        await Poll.UntilListensAsync("opentracker", new IPEndPoint(address, port), process, host is null ? Poll.NewSocket : host.NewSocket, stop);
        return tracker;
    }

    /// <summary>Waits until it names so many seeds under each hash, so that what comes next measures the product and not their first announce.</summary>
    public async Task WaitForSeedsAsync(Torrent torrent, int count, CancellationToken stop)
    {
        if (!await Poll.UntilAsync(async cancel => await SeedsAsync(torrent, cancel) >= count, AnnounceLimit, stop))
        {
            throw new LabException($"the tracker does not name {count} seeds: {await SeedsAsync(torrent, stop)}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _process.DisposeAsync();
    }

    /// <summary>The least number of seeds under any of the torrent's hashes.</summary>
    private async Task<int> SeedsAsync(Torrent torrent, CancellationToken stop)
    {
        var least = int.MaxValue;
        foreach (var hash in torrent.TrackerHashes)
        {
            var escaped = string.Concat(Convert.FromHexString(hash).Select(b => $"%{b:X2}"));
            var text = Encoding.Latin1.GetString(await _client.GetByteArrayAsync(new Uri($"/scrape?info_hash={escaped}", UriKind.Relative), stop));
            var match = Complete().Match(text);
            least = Math.Min(least, match.Success ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 0);
        }

        return least;
    }

    [GeneratedRegex(@"8:completei(\d+)e")]
    private static partial Regex Complete();
}
