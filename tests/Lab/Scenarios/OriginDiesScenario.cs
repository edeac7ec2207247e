using Swarm.Lab.Harness;

namespace Swarm.Lab.Scenarios;

/// <summary>The origin dies under a full swarm: its last permit stays good for a while, and peers carry on (design §4, I1).</summary>
public sealed class OriginDiesScenario : IScenario
{
    private const double BytesPerSecond = 500_000;
    private const int FilmSeconds = 40;

    public string Name => "origin-dies";

    public string Holds => "the origin is killed with a full swarm: the film goes on, and a seek works";

    public IReadOnlyList<Tool> Needs => [Tool.Nginx, Tool.Opentracker, Tool.Libtorrent];

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var film = Film.Noise("film.mp4", FilmSeconds * (int)BytesPerSecond, 6, BytesPerSecond);
        var site = await FilmSite.StartAsync(bench, film, BytesPerSecond * 0.7, stop);
        await site.AddSeedAsync(BytesPerSecond * 0.8, stop);
        await site.AddSeedAsync(BytesPerSecond * 0.8, stop);
        await site.WaitForPeersAsync(2, stop);
        await using var node = await SwarmstreamNode.StartAsync(bench, stop);

        Task? killing = null;
        long uploadedBefore = 0;
        var reader = new ByteClockReader(film, site.Url, node.Proxy)
        {
            BufferSeconds = 4,
            OnProgress = held =>
            {
                if (killing is null && held > film.Content.Length * 0.2)
                {
                    uploadedBefore = site.SeedsUploadedBytes;
                    killing = site.Nginx.KillAsync();
                }
            },
        };
        var played = await reader.PlayAsync([new(0, 12), new(0.75, 5), new(0.4, 4)], stop);
        await killing!;
        report.Equal("wrong bytes", played.WrongBytes, 0L);
        report.Equal("broken connections", played.Resumes, 0);
        report.Equal("stalls", played.Stalls, 0);
        report.AtMost("seek to 75 %, origin dead", played.Legs[1].StartupSeconds, 4, "s");
        report.AtMost("seek to 40 %, origin dead", played.Legs[2].StartupSeconds, 4, "s");
        foreach (var seed in site.Seeds)
        {
            await seed.SettleAsync(stop);
        }

        report.AtLeast("bytes the seeds sent after that", site.SeedsUploadedBytes - uploadedBefore, 1, "B");
        using var late = await HttpExchange.GetAsync(site.Url, node.Proxy, "0-65535", stop);
        report.Note("Cache-Status with the origin dead", late.Headers.GetValueOrDefault("Cache-Status", "none"));
        report.True("a range asked anew, origin dead", (await late.ReadAllAsync(stop)).AsSpan().SequenceEqual(film.Content.AsSpan(0, 65536)), $"{late.Status}");
        report.Exchanged(Tool.Libtorrent, "two seeds sent", site.SeedsUploadedBytes);
        report.Exchanged(Tool.Nginx, "its slow line carried, until it died", site.Relay.BytesDown);
    }
}
