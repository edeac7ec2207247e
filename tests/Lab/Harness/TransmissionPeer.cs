using System.Net;
using System.Text.Json;

namespace Swarm.Lab.Harness;

/// <summary>A stock transmission-daemon that seeds one torrent, asked over its own RPC for what it uploaded.</summary>
public sealed class TransmissionPeer : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);

    private readonly ChildProcess _process;
    private readonly HttpClient _rpc;
    private string _session = "";

    private TransmissionPeer(ChildProcess process, IPEndPoint endpoint, int rpcPort)
    {
        _process = process;
        Endpoint = endpoint;
        _rpc = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new($"http://127.0.0.1:{rpcPort}/transmission/rpc") };
    }

    public IPEndPoint Endpoint { get; }

    /// <param name="address">127.0.0.2 and up; it drops loopback peers that trackers name, so it is dialled by address.</param>
    /// <param name="uploadBytesPerSecond">0: no limit. It counts in kilobytes.</param>
    public static async Task<TransmissionPeer> StartAsync(
        Bench bench, string address, string folder, Torrent torrent, CancellationToken stop, double uploadBytesPerSecond = 0)
    {
        var home = bench.NewFolder("transmission");
        var rpcPort = Bench.FreePort();
        var peerPort = Bench.FreePort();
        Directory.CreateDirectory(Path.Combine(home, "torrents"));
        Directory.CreateDirectory(Path.Combine(home, "resume"));
        var settings = new Dictionary<string, object>
        {
            ["bind-address-ipv4"] = address, ["bind-address-ipv6"] = "::1", ["peer-port"] = peerPort,
            ["dht-enabled"] = false, ["lpd-enabled"] = false, ["pex-enabled"] = false, ["port-forwarding-enabled"] = false,
            ["utp-enabled"] = false, // TCP only: limits and counters mean the same on every connection
            ["rpc-enabled"] = true, ["rpc-bind-address"] = "127.0.0.1", ["rpc-port"] = rpcPort, ["rpc-whitelist-enabled"] = false,
            ["download-dir"] = folder, ["incomplete-dir-enabled"] = false, ["watch-dir-enabled"] = false, ["start-added-torrents"] = true,
            ["download-queue-enabled"] = false, ["seed-queue-enabled"] = false, ["preallocation"] = 0, ["encryption"] = 1,
            ["blocklist-enabled"] = false, ["ratio-limit-enabled"] = false, ["upload-slots-per-torrent"] = 14,
            ["speed-limit-up-enabled"] = uploadBytesPerSecond > 0, ["speed-limit-up"] = (int)(uploadBytesPerSecond / 1000),
        };
        await File.WriteAllTextAsync(Path.Combine(home, "settings.json"), JsonSerializer.Serialize(settings), stop);
        var process = ChildProcess.Start(bench.Reaper, Tool.Transmission.Program, ["-f", "-g", home, "--log-error"]);
        var peer = bench.Own(new TransmissionPeer(process, new(IPAddress.Parse(address), peerPort), rpcPort));
        await peer.WaitForRpcAsync(stop);
        var metainfo = Convert.ToBase64String(await File.ReadAllBytesAsync(torrent.File, stop));
        await peer.AskAsync("torrent-add", new Dictionary<string, object> { ["metainfo"] = metainfo, ["download-dir"] = folder }, stop);
        if (!await Poll.UntilAsync(async cancel => await peer.FieldAsync("percentDone", cancel) >= 1, StartLimit, stop))
        {
            throw new LabException($"transmission has not checked its file in {StartLimit.TotalSeconds:F0} s\n{process.Errors}");
        }

        return peer;
    }

    /// <summary>Payload it sent, by its own count.</summary>
    public async Task<long> UploadedBytesAsync(CancellationToken stop) => (long)await FieldAsync("uploadedEver", stop);

    public async ValueTask DisposeAsync()
    {
        _rpc.Dispose();
        await _process.DisposeAsync();
    }

    private async Task WaitForRpcAsync(CancellationToken stop)
    {
        var answers = await Poll.UntilAsync(
            async cancel =>
            {
                try
                {
                    (await AskAsync("session-get", [], cancel)).Dispose();
                    return true;
                }
                catch (HttpRequestException) when (!_process.HasExited)
                {
                    return false;
                }
                catch (HttpRequestException e)
                {
                    throw new LabException($"transmission ended:\n{_process.Errors}", e);
                }
            },
            StartLimit,
            stop);
        if (!answers)
        {
            throw new LabException($"transmission takes no commands:\n{_process.Errors}");
        }
    }

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
