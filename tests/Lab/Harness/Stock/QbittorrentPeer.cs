using System.Net;
using System.Text.Json;
using Swarm.Lab.Harness.Network;

namespace Swarm.Lab.Harness;

/// <summary>A stock qbittorrent-nox with one torrent, driven by its Web API on its own loopback.</summary>
public sealed class QbittorrentPeer : IStockPeer
{
    private const int WebPort = 8081;
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);

    private readonly ChildProcess _process;
    private readonly HttpClient _web;

    private QbittorrentPeer(ChildProcess process, StockTask task)
    {
        _process = process;
        Endpoint = task.Endpoint;
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
            Session\DHTEnabled=false
            Session\LSDEnabled=false
            Session\PeXEnabled=false
            Session\QueueingSystemEnabled=false
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
        await peer.AddAsync(task, stop);
        return peer;
    }

    public async Task<PeerCounters> CountersAsync(CancellationToken stop)
    {
        using var json = JsonDocument.Parse(await _web.GetStringAsync(new Uri("api/v2/torrents/info", UriKind.Relative), stop));
        if (json.RootElement.GetArrayLength() == 0)
        {
            return new(0, 0, 0, 0, false);
        }

        var torrent = json.RootElement[0];
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

    private async Task AddAsync(StockTask task, CancellationToken stop)
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

        if (!await Poll.UntilAsync(async cancel => (await _web.GetStringAsync(new Uri("api/v2/torrents/info", UriKind.Relative), cancel)).Length > 2, StartLimit, stop))
        {
            throw new LabException("qBittorrent lists no torrent");
        }
    }
}
