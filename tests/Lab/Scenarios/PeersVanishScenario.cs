using Swarm.Lab.Harness;

namespace Swarm.Lab.Scenarios;

/// <summary>Every peer is switched off mid-film: the origin alone carries on.</summary>
public sealed class PeersVanishScenario : IScenario
{
    private const double BytesPerSecond = 500_000;
    private const int FilmSeconds = 30;

    public string Name => "peers-vanish";

    public string Holds => "all peers are killed mid-way: the film goes on from the origin, every byte right";

    public IReadOnlyList<Tool> Needs => [Tool.Nginx, Tool.Opentracker, Tool.Libtorrent];

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var film = Film.Noise("film.mp4", FilmSeconds * (int)BytesPerSecond, 5, BytesPerSecond);
        var site = await FilmSite.StartAsync(bench, film, BytesPerSecond * 1.3, stop);
        await site.AddSeedAsync(BytesPerSecond * 0.7, stop);
        await site.AddSeedAsync(BytesPerSecond * 0.7, stop);
        await site.WaitForPeersAsync(2, stop);
        await using var node = await SwarmstreamNode.StartAsync(bench, stop);

        Task? killing = null;
        long relayedBefore = 0;
        var reader = new ByteClockReader(film, site.Url, node.Proxy)
        {
            OnProgress = held =>
            {
                if (killing is null && held > film.Content.Length * 0.3)
                {
                    relayedBefore = site.Relay.BytesDown;
                    killing = Task.WhenAll(site.Seeds.Select(s => s.KillAsync()));
                }
            },
        };
        var played = await reader.PlayAsync([PlayLeg.Whole], stop);
        await killing!;
        var receipts = await node.ReceiptsAsync(site.Path, stop);
        report.Equal("bytes", played.Bytes, (long)film.Content.Length);
        report.Equal("wrong bytes", played.WrongBytes, 0L);
        report.Equal("broken connections", played.Resumes, 0);
        report.AtMost("stalled", played.StalledSeconds, 1, "s");
        report.AtLeast("origin bytes after the peers were gone", site.Relay.BytesDown - relayedBefore, film.Content.Length / 4, "B");
        report.AtLeast("the receipt's peer bytes", receipts.Sum(r => r.PeerBytes), 1, "B");
        report.Exchanged(Tool.Libtorrent, "two seeds sent until then", site.SeedsUploadedBytes);
        report.Exchanged(Tool.Nginx, "sent", site.Nginx.BytesSentOf(site.Path));
    }
}
