using System.Globalization;
using System.Net;
using System.Text.Json;
using Swarm.Lab.Harness.Network;

namespace Swarm.Lab.Harness;

/// <summary>A stock aria2 with one torrent, asked over its own RPC for what it sent and got.</summary>
public sealed class Aria2Peer : IStockPeer
{
    private readonly ChildProcess _process;
    private readonly HttpClient _rpc;

    private Aria2Peer(ChildProcess process, IPEndPoint endpoint, LabHost? host, int rpcPort)
    {
        (_process, Endpoint) = (process, endpoint);
        _rpc = LabHost.NewClient(host, new($"http://127.0.0.1:{rpcPort}/jsonrpc"));
    }

    public IPEndPoint Endpoint { get; }

    public static async Task<Aria2Peer> StartAsync(Bench bench, string address, string folder, Torrent torrent, CancellationToken stop)
    {
        var peer = Start(bench, null, new(IPAddress.Parse(address), Bench.FreePort()), folder, torrent.File);
        await peer._process.WaitForLineAsync(l => l.Contains("SEED(", StringComparison.Ordinal), TimeSpan.FromMinutes(2), stop);
        return peer;
    }

    /// <summary>On a machine of the lab's network, where it finds its peers by the tracker.</summary>
    public static async Task<Aria2Peer> StartAsync(Bench bench, StockTask task, CancellationToken stop)
    {
        var peer = Start(bench, task.Host, task.Endpoint, task.Folder, task.FileOrMagnet, task.DhtRouter);
        await Poll.UntilAnswersAsync("aria2", peer._process, peer.CountersAsync, stop);
        return peer;
    }

    public async Task<PeerCounters> CountersAsync(CancellationToken stop)
    {
        // Of known length: it waits for ever for the end of a chunked body.
        using var question = new StringContent("""{"jsonrpc":"2.0","id":"lab","method":"aria2.tellActive"}""");
        using var answer = await _rpc.PostAsync(_rpc.BaseAddress, question, stop);
        answer.EnsureSuccessStatusCode();
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(stop));

        // A magnet's metadata is a download of its own, that has ended by the time the film's is there.
        var film = json.RootElement.GetProperty("result").EnumerateArray().OrderByDescending(d => Number(d, "totalLength")).FirstOrDefault();
        return film.ValueKind == JsonValueKind.Undefined ? new(0, 0, 0, 0, false) : new(
            Number(film, "uploadLength"), Number(film, "completedLength"), 0, (int)Number(film, "connections"),
            film.TryGetProperty("seeder", out var seeder) && seeder.GetString() == "true");
    }

    public async ValueTask DisposeAsync()
    {
        _rpc.Dispose();
        await _process.DisposeAsync();
    }

    private static Aria2Peer Start(Bench bench, LabHost? host, IPEndPoint endpoint, string folder, string fileOrMagnet, IPEndPoint? dhtRouter = null)
    {
        var rpcPort = Bench.FreePort();
        string[] arguments =
        [
            "--no-conf", $"--dir={folder}", $"--listen-port={endpoint.Port}", $"--interface={endpoint.Address}", "--enable-dht6=false",
            .. dhtRouter is null ? ["--enable-dht=false"] : new[] { "--enable-dht=true", $"--dht-entry-point={dhtRouter}", $"--dht-listen-port={endpoint.Port}", $"--dht-file-path={folder}/dht.dat" },
           
            "--bt-enable-lpd=false", "--enable-peer-exchange=false", "--seed-ratio=0.0", "--file-allocation=none", "--check-integrity=true", "--bt-hash-check-seed=true",
            "--allow-overwrite=true", "--bt-max-peers=0", "--disable-ipv6=true", "--summary-interval=1", "--follow-torrent=mem",
            "--enable-rpc=true", $"--rpc-listen-port={rpcPort}", fileOrMagnet,
        ];
        var (program, inside) = host?.Inside(Tool.Aria2.Program, arguments) ?? (Tool.Aria2.Program, arguments);
        return bench.Own(new Aria2Peer(ChildProcess.Start(bench.Reaper, program, inside, folder: folder), endpoint, host, rpcPort));
    }

    private static long Number(JsonElement download, string field) =>
        download.TryGetProperty(field, out var value) ? long.Parse(value.GetString()!, CultureInfo.InvariantCulture) : 0;
}
