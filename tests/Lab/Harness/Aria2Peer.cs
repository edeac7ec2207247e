using System.Net;

namespace Swarm.Lab.Harness;

/// <summary>A stock aria2 that seeds one torrent. It keeps no counter that a script can read while it runs: who downloads is the witness.</summary>
public sealed class Aria2Peer : IAsyncDisposable
{
    private readonly ChildProcess _process;

    private Aria2Peer(ChildProcess process, IPEndPoint endpoint) => (_process, Endpoint) = (process, endpoint);

    public IPEndPoint Endpoint { get; }

    public static async Task<Aria2Peer> StartAsync(Bench bench, string address, string folder, Torrent torrent, CancellationToken stop)
    {
        var port = Bench.FreePort();
        var process = ChildProcess.Start(bench.Reaper, Tool.Aria2.Program,
        [
            "--no-conf", $"--dir={folder}", $"--listen-port={port}", $"--interface={address}", "--enable-dht=false", "--enable-dht6=false",
            "--bt-enable-lpd=false", "--seed-ratio=0.0", "--file-allocation=none", "--check-integrity=true", "--bt-hash-check-seed=true",
            "--allow-overwrite=true", "--bt-max-peers=0", "--disable-ipv6=true", "--summary-interval=1", torrent.File,
        ], folder: folder);
        var peer = bench.Own(new Aria2Peer(process, new(IPAddress.Parse(address), port)));
        await process.WaitForLineAsync(l => l.Contains("SEED(", StringComparison.Ordinal), TimeSpan.FromMinutes(2), stop);
        return peer;
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
