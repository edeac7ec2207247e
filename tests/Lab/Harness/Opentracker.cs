using System.Net;
using Swarm.Lab.Harness.Network;

namespace Swarm.Lab.Harness;

/// <summary>A stock tracker for the torrents it is told of (Debian builds opentracker with a white list).</summary>
public sealed class Opentracker : IAsyncDisposable
{
    private readonly ChildProcess _process;

    private Opentracker(ChildProcess process, int port)
    {
        _process = process;
        Port = port;
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
        var tracker = bench.Own(new Opentracker(process, port));
        await Poll.UntilListensAsync("opentracker", new IPEndPoint(address, port), process, host is null ? Poll.NewSocket : host.NewSocket, stop);
        return tracker;
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
