using System.Net;
using System.Text.Json;
using Swarm.Lab.Harness.Network;

namespace Swarm.Lab.Harness;

/// <summary>A stock transmission-daemon that seeds one torrent, asked over its own RPC for what it uploaded.</summary>
public sealed class TransmissionPeer : IStockPeer
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);

    private readonly ChildProcess _process;
    private readonly HttpClient _rpc;
    private string _session = "";

    private TransmissionPeer(ChildProcess process, IPEndPoint endpoint, LabHost? host, int rpcPort)
    {
        _process = process;
        Endpoint = endpoint;
        _rpc = LabHost.NewClient(host, new($"http://127.0.0.1:{rpcPort}/transmission/rpc"));
    }

    public IPEndPoint Endpoint { get; }

    /// <param name="address">127.0.0.2 and up; it drops loopback peers that trackers name, so it is dialled by address.</param>
    /// <param name="uploadBytesPerSecond">0: no limit. It counts in kilobytes.</param>
    public static async Task<TransmissionPeer> StartAsync(
        Bench bench, string address, string folder, Torrent torrent, CancellationToken stop, double uploadBytesPerSecond = 0)
    {
        var peer = await StartAsync(bench, null, new(IPAddress.Parse(address), Bench.FreePort()), folder, uploadBytesPerSecond, stop);
        await peer.AddAsync("metainfo", Convert.ToBase64String(await File.ReadAllBytesAsync(torrent.File, stop)), folder, stop);
        if (!await Poll.UntilAsync(async cancel => await peer.FieldAsync("percentDone", cancel) >= 1, StartLimit, stop))
        {
            throw new LabException($"transmission has not checked its file in {StartLimit.TotalSeconds:F0} s\n{peer._process.Errors}");
        }

        return peer;
    }

    /// <summary>On a machine of the lab's network, where it finds its peers by the tracker.</summary>
    public static async Task<TransmissionPeer> StartAsync(Bench bench, StockTask task, CancellationToken stop)
    {
        var peer = await StartAsync(bench, task.Host, task.Endpoint, task.Folder, 0, stop);
        var (key, value) = task.Magnet is { } magnet ? ("filename", magnet) : ("metainfo", Convert.ToBase64String(await File.ReadAllBytesAsync(task.Torrent.File, stop)));
        await peer.AddAsync(key, value, task.Folder, stop);
        return peer;
    }

    private static async Task<TransmissionPeer> StartAsync(
        Bench bench, LabHost? host, IPEndPoint endpoint, string folder, double uploadBytesPerSecond, CancellationToken stop)
    {
        var home = bench.NewFolder("transmission");
        var rpcPort = Bench.FreePort();
        Directory.CreateDirectory(Path.Combine(home, "torrents"));
        Directory.CreateDirectory(Path.Combine(home, "resume"));
        var settings = new Dictionary<string, object>
        {
            ["bind-address-ipv4"] = endpoint.Address.ToString(), ["bind-address-ipv6"] = "::1", ["peer-port"] = endpoint.Port,
            ["dht-enabled"] = false, ["lpd-enabled"] = false, ["pex-enabled"] = false, ["port-forwarding-enabled"] = false,
            ["utp-enabled"] = false, // TCP only: limits and counters mean the same on every connection
            ["rpc-enabled"] = true, ["rpc-bind-address"] = "127.0.0.1", ["rpc-port"] = rpcPort, ["rpc-whitelist-enabled"] = false,
            ["download-dir"] = folder, ["incomplete-dir-enabled"] = false, ["watch-dir-enabled"] = false, ["start-added-torrents"] = true,
            ["download-queue-enabled"] = false, ["seed-queue-enabled"] = false, ["preallocation"] = 0, ["encryption"] = 1,
            ["blocklist-enabled"] = false, ["ratio-limit-enabled"] = false, ["upload-slots-per-torrent"] = 14,
            ["speed-limit-up-enabled"] = uploadBytesPerSecond > 0, ["speed-limit-up"] = (int)(uploadBytesPerSecond / 1000),
        };
        await File.WriteAllTextAsync(Path.Combine(home, "settings.json"), JsonSerializer.Serialize(settings), stop);
        string[] arguments = ["-f", "-g", home, "--log-error"];
        var (program, inside) = host?.Inside(Tool.Transmission.Program, arguments) ?? (Tool.Transmission.Program, arguments);
        var process = ChildProcess.Start(bench.Reaper, program, inside);
        var peer = bench.Own(new TransmissionPeer(process, endpoint, host, rpcPort));
        await Poll.UntilAnswersAsync("transmission", process, async cancel => (await peer.AskAsync("session-get", [], cancel)).Dispose(), stop);
        return peer;
    }

    public async Task<PeerCounters> CountersAsync(CancellationToken stop) => new(
        (long)await FieldAsync("uploadedEver", stop), (long)await FieldAsync("downloadedEver", stop), (long)await FieldAsync("corruptEver", stop),
        (int)await FieldAsync("peersConnected", stop), await FieldAsync("metadataPercentComplete", stop) >= 1 && await FieldAsync("percentDone", stop) >= 1);

    /// <summary>Payload it sent, by its own count.</summary>
    public async Task<long> UploadedBytesAsync(CancellationToken stop) => (long)await FieldAsync("uploadedEver", stop);

    public async ValueTask DisposeAsync()
    {
        _rpc.Dispose();
        await _process.DisposeAsync();
    }

    private async Task AddAsync(string key, string value, string folder, CancellationToken stop) =>
        (await AskAsync("torrent-add", new() { [key] = value, ["download-dir"] = folder }, stop)).Dispose();

    private async Task<double> FieldAsync(string field, CancellationToken stop)
    {
        using var answer = await AskAsync("torrent-get", new() { ["fields"] = new[] { field } }, stop);
        return answer.RootElement.GetProperty("arguments").GetProperty("torrents")[0].GetProperty(field).GetDouble();
    }

    private async Task<JsonDocument> AskAsync(string method, Dictionary<string, object> arguments, CancellationToken stop)
    {
        var body = JsonSerializer.Serialize(new { method, arguments });
        while (true)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, _rpc.BaseAddress) { Content = new StringContent(body) };
            request.Headers.TryAddWithoutValidation("X-Transmission-Session-Id", _session);
            using var answer = await _rpc.SendAsync(request, stop);
            if (answer.StatusCode == HttpStatusCode.Conflict && answer.Headers.TryGetValues("X-Transmission-Session-Id", out var ids))
            {
                _session = ids.First(); // its guard against requests from other sites
                continue;
            }

            answer.EnsureSuccessStatusCode();
            return JsonDocument.Parse(await answer.Content.ReadAsStringAsync(stop));
        }
    }
}
