using System.Net;
using System.Net.Sockets;

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

    public static Uri AnnounceUrl(int port) => new($"http://127.0.0.1:{port}/announce");

    /// <param name="port">Chosen before the torrents are made, since they name it.</param>
    public static async Task<Opentracker> StartAsync(Bench bench, int port, IEnumerable<Torrent> torrents, CancellationToken stop)
    {
        var folder = bench.NewFolder("tracker");
        await File.WriteAllLinesAsync(Path.Combine(folder, "whitelist"), torrents.SelectMany(t => t.TrackerHashes), stop);

        // It changes its root to this folder and then its user to nobody, who must be able to read the list.
        File.SetUnixFileMode(bench.Folder, File.GetUnixFileMode(bench.Folder) | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        var process = ChildProcess.Start(bench.Reaper, Tool.Opentracker.Program,
            ["-i", "127.0.0.1", "-p", $"{port}", "-P", $"{port}", "-d", folder, "-u", "nobody", "-w", "whitelist"]);
        var tracker = bench.Own(new Opentracker(process, port));
        for (var left = 200; ; left--)
        {
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await probe.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), stop);
                return tracker;
            }
            catch (SocketException) when (left > 0 && !process.HasExited)
            {
                await Task.Delay(25, stop);
            }
            catch (SocketException e)
            {
                throw new LabException($"opentracker takes no connections:\n{process.Errors}", e);
            }
        }
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
