using System.Net;

namespace Swarm.Lab.Harness;

/// <summary>WebTorrent from npm over TCP, in a Node.js process that prints its own counters as JSON lines.</summary>
public sealed class WebTorrentPeer : IStockPeer
{
    public const string VersionText = "WebTorrent 2.8.5";

    /// <summary>The script of a viewer, in the folder where it is installed.</summary>
    public const string ViewerScript = "viewer.mjs";

    // Its WebRTC half needs a native program that npm does not carry, and a later uint8-util breaks it (measured): both are pinned away.
    private const string Package = """
        {"private":true,"type":"module","dependencies":{"webtorrent":"2.8.5"},"overrides":{"uint8-util":"2.2.5","webrtc-polyfill":"file:no-webrtc"}}
        """;

    private const string NoWebRtc = "export const RTCPeerConnection = undefined\nexport const RTCIceCandidate = undefined\nexport const RTCSessionDescription = undefined\n";
    private static readonly TimeSpan InstallLimit = TimeSpan.FromMinutes(4);

    private readonly ChildProcess _process;
    private readonly Lock _gate = new();
    private PeerCounters _counters = new(0, 0, 0, 0, false);

    private WebTorrentPeer(ChildProcess process, StockTask task)
    {
        (_process, Endpoint) = (process, task.Endpoint);
        process.Line += OnLine;
    }

    public IPEndPoint Endpoint { get; }

    /// <summary>Fetches it from npm into a folder.</summary>
    /// <exception cref="UnavailableException">npm cannot, with its reason.</exception>
    public static async Task<string> InstallAsync(Bench bench, CancellationToken stop)
    {
        var folder = bench.NewFolder("webtorrent");
        var stub = Directory.CreateDirectory(Path.Combine(folder, "no-webrtc")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "package.json"), Package, stop);
        await File.WriteAllTextAsync(Path.Combine(stub, "package.json"), """{"name":"webrtc-polyfill","version":"1.2.2","type":"module","main":"index.js"}""", stop);
        await File.WriteAllTextAsync(Path.Combine(stub, "index.js"), NoWebRtc, stop);
        File.Copy(Bench.PeerScript("webtorrent_peer.mjs"), Path.Combine(folder, "peer.mjs"));
        File.Copy(Bench.PeerScript("webtorrent_viewer.mjs"), Path.Combine(folder, ViewerScript));
        if (!File.Exists("/usr/bin/npm"))
        {
            throw new UnavailableException("npm is not installed");
        }

        await using var npm = ChildProcess.Start(
            bench.Reaper, "/usr/bin/npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=optional"], folder: folder);
        return await npm.WaitForExitAsync(InstallLimit, stop) == 0 ? folder : throw new UnavailableException($"npm fetches no WebTorrent: {npm.Errors.Split('\n')[0]}");
    }

    public static async Task<WebTorrentPeer> StartAsync(Bench bench, StockTask task, CancellationToken stop)
    {
        var installed = task.Installed ?? throw new LabException("WebTorrent was not installed");
        var (program, inside) = task.Host.Inside(Tool.Node.Program, [Path.Combine(installed, "peer.mjs"), task.FileOrMagnet, task.Folder, $"{StockTask.Port}"]);
        var process = ChildProcess.Start(bench.Reaper, program, inside, folder: installed);
        var peer = bench.Own(new WebTorrentPeer(process, task));
        await process.WaitForLineAsync(l => l.Contains("\"ready\"", StringComparison.Ordinal), TimeSpan.FromMinutes(1), stop);
        return peer;
    }

    public Task<PeerCounters> CountersAsync(CancellationToken stop)
    {
        lock (_gate)
        {
            return Task.FromResult(_counters);
        }
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private void OnLine(string line)
    {
        if (line.Contains("upload_payload_bytes", StringComparison.Ordinal))
        {
            lock (_gate)
            {
                _counters = PeerCounters.Read(line);
            }
        }
    }
}
