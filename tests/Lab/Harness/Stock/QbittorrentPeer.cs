using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Swarm.Lab.Harness.Network;

namespace Swarm.Lab.Harness;

/// <summary>A stock qbittorrent-nox with one torrent, driven by its Web API on its own loopback.</summary>
public sealed class QbittorrentPeer : IStockPeer
{
    /// <summary>What the file is called of which <see cref="StockTask.DhtEntrance"/> is.</summary>
    public const string DhtEntranceName = "entrance";

    private const int WebPort = 8081;
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan EntranceLimit = TimeSpan.FromSeconds(15);

    private readonly ChildProcess _process;
    private readonly HttpClient _web;
    private readonly string? _name;

    private QbittorrentPeer(ChildProcess process, StockTask task)
    {
        _process = process;
        Endpoint = task.Endpoint;
        _name = task.DhtEntrance is null ? null : DhtEntranceName;
        _web = LabHost.NewClient(task.Host, new($"http://127.0.0.1:{WebPort}/"));
    }

    public IPEndPoint Endpoint { get; }

    public static async Task<QbittorrentPeer> StartAsync(Bench bench, StockTask task, CancellationToken stop)
    {
        var home = bench.NewFolder("qbittorrent");
        var config = Directory.CreateDirectory(Path.Combine(home, "qBittorrent", "config")).FullName;
        await File.WriteAllTextAsync(Path.Combine(config, "qBittorrent.conf"), $"""
            [LegalNotice]
            Accepted=true
            [BitTorrent]
            Session\Port={StockTask.Port}
            Session\InterfaceAddress={task.Host.Address}
            Session\Interface={TunDevice.Name}
            Session\InterfaceName={TunDevice.Name}
            Session\BTProtocol=TCP
            Session\DHTEnabled={(task.DhtEntrance is null ? "false" : "true")}
            Session\LSDEnabled={(task.Lsd ? "true" : "false")}
            Session\PeXEnabled={(task.Pex ? "true" : "false")}
            Session\QueueingSystemEnabled=false
            Session\GlobalUPSpeedLimit={task.UpBytesPerSecond / 1024}
            Session\GlobalDLSpeedLimit={task.DownBytesPerSecond / 1024}
            Session\IgnoreLimitsOnLAN=false
            [Network]
            PortForwardingEnabled=false
            [Preferences]
            WebUI\Address=127.0.0.1
            WebUI\Port={WebPort}
            WebUI\LocalHostAuth=false
            WebUI\UseUPnP=false
            """, stop);
        var (program, inside) = task.Host.Inside(Tool.Qbittorrent.Program, [$"--profile={home}"]);
        var process = ChildProcess.Start(bench.Reaper, program, inside, new Dictionary<string, string?> { ["HOME"] = home }, home);
        var peer = bench.Own(new QbittorrentPeer(process, task));
        await Poll.UntilAnswersAsync("qbittorrent-nox", process, async cancel => (await peer._web.GetAsync(new Uri("api/v2/app/version", UriKind.Relative), cancel)).Dispose(), stop);
        if (task.DhtEntrance is { } entrance)
        {
            // It announces a torrent when that is added, and not again for a quarter of an hour: by then it must know the DHT.
            await peer.EnterDhtAsync(task with { Torrent = entrance, Magnet = null, Folder = home }, stop);
            await peer.AddAsync(task, 2, stop);
        }
        else
        {
            await peer.AddAsync(task, 1, stop);
        }

        return peer;
    }

    public async Task<PeerCounters> CountersAsync(CancellationToken stop)
    {
        using var json = await TorrentsAsync(stop);

        // The torrent that named nodes of a DHT is there as well, and has nothing to give.
        var torrent = json.RootElement.EnumerateArray().FirstOrDefault(t => _name is null || t.GetProperty("name").GetString() != _name);
        if (torrent.ValueKind == JsonValueKind.Undefined)
        {
            return new(0, 0, 0, 0, false);
        }

        var seeds = torrent.GetProperty("state").GetString() is "uploading" or "stalledUP" or "forcedUP";
        return new(
            torrent.GetProperty("uploaded").GetInt64(), torrent.GetProperty("downloaded").GetInt64(), 0,
            torrent.GetProperty("num_leechs").GetInt32() + torrent.GetProperty("num_seeds").GetInt32(),
            seeds && torrent.GetProperty("progress").GetDouble() >= 1);
    }

    public async ValueTask DisposeAsync()
    {
        _web.Dispose();
        await _process.DisposeAsync();
    }

    /// <summary>Tells it of a peer, as its user does.</summary>
    public async Task ConnectAsync(Torrent torrent, IPEndPoint peer, CancellationToken stop)
    {
        using var form = new FormUrlEncodedContent([new("hashes", torrent.V2Truncated ?? torrent.V1), new("peers", peer.ToString())]);
        using var answer = await _web.PostAsync(new Uri("api/v2/torrents/addPeers", UriKind.Relative), form, stop);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>It asks the nodes that a torrent names once, when that is added: perhaps before its own DHT has begun.</summary>
    private async Task EnterDhtAsync(StockTask entrance, CancellationToken stop)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < StartLimit;)
        {
            await AddAsync(entrance, 1, stop);
            if (await Poll.UntilAsync(HasNodesAsync, EntranceLimit, stop))
            {
                return;
            }

            using var form = new FormUrlEncodedContent([new("hashes", "all"), new("deleteFiles", "false")]);
            using var answer = await _web.PostAsync(new Uri("api/v2/torrents/delete", UriKind.Relative), form, stop);
            answer.EnsureSuccessStatusCode();
            await Poll.UntilAsync(async cancel => await CountAsync(cancel) == 0, EntranceLimit, stop);
        }

        throw new LabException("qBittorrent found no node of the DHT");

        async Task<bool> HasNodesAsync(CancellationToken cancel)
        {
            using var json = await AskAsync("transfer/info", cancel);
            return json.RootElement.GetProperty("dht_nodes").GetInt32() > 0;
        }
    }

    private async Task<JsonDocument> AskAsync(string what, CancellationToken stop) =>
        JsonDocument.Parse(await _web.GetStringAsync(new Uri($"api/v2/{what}", UriKind.Relative), stop));

    private Task<JsonDocument> TorrentsAsync(CancellationToken stop) => AskAsync("torrents/info", stop);

    private async Task<int> CountAsync(CancellationToken stop)
    {
        using var json = await TorrentsAsync(stop);
        return json.RootElement.GetArrayLength();
    }

    /// <param name="count">How many torrents it has with this one.</param>
    private async Task AddAsync(StockTask task, int count, CancellationToken stop)
    {
        using var form = new MultipartFormDataContent { { new StringContent(task.Folder), "savepath" }, { new StringContent("false"), "autoTMM" } };
        form.Add(new StringContent("Original"), "contentLayout");
        if (task.Magnet is { } magnet)
        {
            form.Add(new StringContent(magnet), "urls");
        }
        else
        {
            form.Add(new ByteArrayContent(await File.ReadAllBytesAsync(task.Torrent.File, stop)), "torrents", "film.torrent");
        }

        using var answer = await _web.PostAsync(new Uri("api/v2/torrents/add", UriKind.Relative), form, stop);
        var said = await answer.Content.ReadAsStringAsync(stop);
        if (!said.StartsWith("Ok", StringComparison.Ordinal))
        {
            throw new LabException($"qBittorrent does not take the torrent: {(int)answer.StatusCode} {said}");
        }

        if (!await Poll.UntilAsync(async cancel => await CountAsync(cancel) >= count, StartLimit, stop))
        {
            throw new LabException("qBittorrent does not list the torrent");
        }
    }
}
