using Swarm.Lab.Harness;

namespace Swarm.Lab.Scenarios;

/// <summary>
/// A file changes under a download, at many points of it: with a new strong ETag and its new torrent, or, the worse lie,
/// under the same ETag with the old torrent still attached.
/// </summary>
public sealed class FileReplacedScenario(bool sameETag) : IScenario
{
    private const double BytesPerSecond = 1_500_000;
    private const int FileBytes = 3_000_000;
    private static readonly TimeSpan PermitReuse = TimeSpan.FromSeconds(6);

    // In the past, so that a fresh Last-Modified does not make the first version heuristically short-lived.
    private static readonly DateTime FirstModified = new(2024, 5, 1, 12, 0, 0, DateTimeKind.Utc);

    public string Name => sameETag ? "same-etag-new-bytes" : "file-replaced";

    public string Holds => sameETag
        ? "new bytes under the same strong ETag, with a tree: the old file, the new file or a reset, never a mix"
        : "a file replaced mid-download (same length, new ETag): the old file, the new file or a reset, never a mix; the next request is right";

    public IReadOnlyList<Tool> Needs => [Tool.Nginx, Tool.Opentracker, Tool.Libtorrent];

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var points = depth == Depth.Repeated ? 20 : sameETag ? 3 : 4;
        var nginx = await Nginx.StartAsync(bench, null, stop);
        var seeded = bench.NewFolder("seeded");
        var prepared = bench.NewFolder("prepared");
        var trackerPort = Bench.FreePort();
        var versions = new List<(Film Old, Film Fresh, Torrent OldTorrent, byte[] FreshTorrent)>();
        for (var i = 0; i < points; i++)
        {
            var old = Film.Noise($"file-{i}.mp4", FileBytes, 100 + i, BytesPerSecond);
            var fresh = Film.Noise($"file-{i}.mp4", FileBytes, 500 + i, BytesPerSecond);
            await File.WriteAllBytesAsync(Path.Combine(seeded, old.Name), old.Content, stop);
            await File.WriteAllBytesAsync(Path.Combine(prepared, fresh.Name), fresh.Content, stop);
            var tracker = Opentracker.AnnounceUrl(trackerPort);
            var oldTorrent = await Torrent.CreateAsync(bench, Path.Combine(seeded, old.Name), Path.Combine(nginx.Root, old.Name + ".torrent"), stop, tracker: tracker);
            var freshTorrent = await Torrent.CreateAsync(bench, Path.Combine(prepared, fresh.Name), Path.Combine(prepared, fresh.Name + ".torrent"), stop, tracker: tracker);
            nginx.Publish(old.Name, old.Content, FirstModified);
            versions.Add((old, fresh, oldTorrent, await File.ReadAllBytesAsync(freshTorrent.File, stop)));
        }

        await Opentracker.StartAsync(bench, trackerPort, versions.Select(v => v.OldTorrent), stop);
        var seed = await LibtorrentPeer.StartAsync(bench, "127.0.0.2", seeded, [.. versions.Select(v => v.OldTorrent)], stop, BytesPerSecond);
        await using var relay = new ThrottledRelay(nginx.Endpoint, BytesPerSecond);
        await using var node = await SwarmstreamNode.StartAsync(bench, stop);

        var seen = new List<Verdict>();
        var after = new List<Verdict>();
        for (var i = 0; i < points; i++)
        {
            var (old, fresh, _, freshTorrent) = versions[i];
            var at = (long)FileBytes * (i + 1) / (points + 1);
            var replaced = false;
            void Replace()
            {
                replaced = true;
                nginx.Publish(fresh.Name, fresh.Content, sameETag ? FirstModified : FirstModified.AddDays(1));
                if (!sameETag)
                {
                    nginx.Publish(fresh.Name + ".torrent", freshTorrent);
                }
            }

            var url = Nginx.UrlOf(relay.Port, "/" + old.Name);
            var got = await Download.GetAsync(url, node.Proxy, stop, received =>
            {
                if (!replaced && received >= at)
                {
                    Replace();
                }
            });
            if (!replaced)
            {
                report.Failed($"point {i}", $"the download ended at {got.Body.Length} before the switch at {at}");
                continue;
            }

            seen.Add(Judge(report, "during", old, fresh, got));
        }

        // A permit may be used again for five seconds (design §4, I1): the next request that asks the origin comes after that.
        await Task.Delay(PermitReuse, stop);
        for (var i = 0; i < points; i++)
        {
            var (old, fresh, _, _) = versions[i];
            var got = await Download.GetAsync(Nginx.UrlOf(relay.Port, "/" + old.Name), node.Proxy, stop);
            after.Add(Judge(report, "next request", old, fresh, got));
        }

        report.Note("during: old, new, reset, refused", Count(seen));
        report.Equal("during: mixed", seen.Count(v => v == Verdict.Mixed), 0);
        report.Equal("points switched", seen.Count, points);
        report.Note("next request: old, new, reset, refused", Count(after));
        if (sameETag)
        {
            report.Equal("next request: mixed", after.Count(v => v == Verdict.Mixed), 0);
        }
        else
        {
            report.Equal("next request: the new file", after.Count(v => v == Verdict.New), points);
        }

        report.True("the node lives", !node.HasExited, node.HasExited ? node.Errors : "yes");
        await seed.SettleAsync(stop);
        report.Exchanged(Tool.Libtorrent, "the seed of the old files sent", seed.Counters.UploadedBytes);
        report.Exchanged(Tool.Nginx, "sent", nginx.Log().Sum(e => e.BodyBytes));
    }

    private static Verdict Judge(Report report, string when, Film old, Film fresh, Download got)
    {
        var verdict = got.Judge(old.Content, fresh.Content);
        if (verdict is Verdict.Reset or Verdict.Mixed)
        {
            report.Note($"{when}: {old.Name} {verdict}", $"{got.Status}, {(got.Broken ? "broken at" : "clean end at")} {got.Body.Length} B: {got.Runs(old.Content, fresh.Content)}");
        }

        return verdict;
    }

    private static string Count(List<Verdict> verdicts) => string.Join(", ",
        new[] { Verdict.Old, Verdict.New, Verdict.Reset, Verdict.Refused }.Select(v => verdicts.Count(x => x == v)));
}
