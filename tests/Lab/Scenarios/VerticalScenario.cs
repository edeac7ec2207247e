using Swarm.Lab.Harness;

namespace Swarm.Lab.Scenarios;

/// <summary>The main job: an origin too slow for the film and two stock seeds, mixed so that nobody waits.</summary>
public sealed class VerticalScenario : IScenario
{
    private const int FilmSeconds = 40;
    private const int KilobitsPerSecond = 5000;
    private const double OriginShareOfRate = 0.7;
    private const double SeedShareOfRate = 1.2;

    /// <summary>What sockets hold of an answer that is broken off: a receive buffer as it grows here, and the line's.</summary>
    private const double SocketBufferBytes = 256 << 10;

    public string Name => "vertical";

    public string Holds => "an origin at 0.7 of the film's rate plus two stock seeds play without a stall, through http (L5c) and the https gateway (L5)";

    public IReadOnlyList<Tool> Needs => [Tool.Nginx, Tool.Opentracker, Tool.Libtorrent, Tool.Ffmpeg];

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var film = await Film.Mp4Async(bench, FilmSeconds, KilobitsPerSecond, stop);
        var rate = film.BytesPerSecond;
        var site = await FilmSite.StartAsync(bench, film, rate * OriginShareOfRate, stop);
        await site.AddSeedAsync(rate * SeedShareOfRate, stop);
        await site.AddSeedAsync(rate * SeedShareOfRate, stop);
        await site.WaitForPeersAsync(site.Seeds.Count, stop);

        var direct = Nginx.UrlOf(site.Relay.Port, $"/plain/{film.Name}");
        var alone = await new ByteClockReader(film, direct, null).PlayAsync([new(0, 10)], stop);
        report.AtLeast("control: stalls with the origin alone", alone.Stalls, 1, "");
        report.Note("control: startup, stalled", FormattableString.Invariant($"{alone.First.StartupSeconds:F2} s, {alone.StalledSeconds:F2} s of {alone.First.PlayedSeconds:F0} s"));

        foreach (var secure in new[] { false, true })
        {
            await PlayWholeAsync(bench, site, secure, withFfmpeg: secure, report, stop);
            if (depth == Depth.Repeated)
            {
                await PlayWholeAsync(bench, site, secure, withFfmpeg: !secure, report, stop);
            }

            await SeekAsync(bench, site, secure, report, stop);
        }

        report.Exchanged(Tool.Nginx, "sent", site.Nginx.BytesSentOf(site.Path));
        report.Exchanged(Tool.Libtorrent, "two seeds sent", site.SeedsUploadedBytes);
    }

    private static async Task PlayWholeAsync(Bench bench, FilmSite site, bool secure, bool withFfmpeg, Report report, CancellationToken stop)
    {
        var film = site.Film;
        var who = $"{(withFfmpeg ? "ffmpeg -re" : "byte clock")}, {(secure ? "https gateway" : "http")}";
        await using var node = await StartNodeAsync(bench, site, secure, stop);
        var ledger = await SiteLedger.OpenAsync(site, stop);
        var (url, proxy) = Target(node, site, secure);
        if (withFfmpeg)
        {
            var played = await FfmpegPlayer.PlayAsync(bench, film, url, proxy, stop);
            report.True($"{who}: ends well", played.ExitCode == 0, $"exit {played.ExitCode} {played.Errors}".Trim());
            report.AtLeast($"{who}: played", played.PlayedSeconds, film.Seconds - 0.2, "s");
            report.AtMost($"{who}: worst lag (a player starts at 2 s)", played.WorstLagSeconds, ByteClockReader.StartSeconds, "s");
            report.AtMost($"{who}: took", played.ElapsedSeconds, film.Seconds + played.FirstFrameSeconds + ByteClockReader.StartSeconds, "s");
            report.Note($"{who}: first frame", FormattableString.Invariant($"{played.FirstFrameSeconds:F2} s"));
            report.Exchanged(Tool.Ffmpeg, "played through the proxy", (long)(played.PlayedSeconds * film.BytesPerSecond));
        }
        else
        {
            var played = await new ByteClockReader(film, url, proxy).PlayAsync([PlayLeg.Whole], stop);
            report.Equal($"{who}: stalls", played.Stalls, 0);
            report.Equal($"{who}: wrong bytes", played.WrongBytes, 0L);
            report.Equal($"{who}: bytes", played.Bytes, (long)film.Content.Length);
            report.Equal($"{who}: broken connections", played.Resumes, 0);
            report.Note($"{who}: first byte, startup", FormattableString.Invariant($"{played.First.FirstByteSeconds:F3} s, {played.First.StartupSeconds:F2} s"));
        }

        var receipts = await node.ReceiptsAsync(site.Path, stop);
        var unread = (long)await node.MetricAsync("swarmstream_origin_unread_bytes_total", stop);
        await node.TerminateAsync();
        await ledger.CloseAsync(stop);
        report.AtMost($"{who}: origin's share of the file (nginx)", (double)ledger.OriginBytes / film.Content.Length, 0.5, "%");
        report.Note($"{who}: answers begun by nginx", FormattableString.Invariant($"{ledger.OriginRequests}"));
        report.AtLeast($"{who}: origin bytes, nginx", ledger.OriginBytes, receipts.Sum(r => r.OriginBytes), "B");
        report.AtMost($"{who}: bytes thrown away unread, an answer", (double)unread / ledger.OriginRequests, SocketBufferBytes, "B");
        report.AtMost($"{who}: bytes of nginx that no receipt has, an answer", (double)(ledger.OriginBytes - receipts.Sum(r => r.OriginBytes)) / ledger.OriginRequests, SocketBufferBytes, "B");
        report.Agree($"{who}: origin bytes, line / receipt and unread", ledger.DeliveredBytes, receipts.Sum(r => r.OriginBytes) + unread, 0.05, film.Content.Length);
        report.Agree($"{who}: peer bytes, seeds / receipt", ledger.SeedBytes, receipts.Sum(r => r.PeerBytes), 0.05, film.Content.Length);
        report.AtLeast($"{who}: bytes verified at 16 KiB", receipts.Sum(r => r.Verified16kBytes), 1, "B");
        report.Equal($"{who}: authority", receipts[0].Authority, secure ? "L5" : "L5c");
        report.Equal($"{who}: shown as cleartext", receipts[0].Cleartext, !secure);
        report.AtMost($"{who}: duplicates", (double)receipts.Sum(r => r.DuplicateBytes) / film.Content.Length, 0.03, "%");
    }

    private static async Task SeekAsync(Bench bench, FilmSite site, bool secure, Report report, CancellationToken stop)
    {
        var who = $"seeks, {(secure ? "https gateway" : "http")}";
        await using var node = await StartNodeAsync(bench, site, secure, stop);
        var (url, proxy) = Target(node, site, secure);
        var played = await new ByteClockReader(site.Film, url, proxy).PlayAsync([new(0, 4), new(0.5, 4), new(0.9), new(0.1, 4)], stop);
        report.Equal($"{who}: stalls", played.Stalls, 0);
        report.Equal($"{who}: wrong bytes", played.WrongBytes, 0L);
        report.Note($"{who}: to play at 0, 50, 90, 10 %", string.Join(", ", played.Legs.Select(l => FormattableString.Invariant($"{l.StartupSeconds:F2} s"))));
        await node.TerminateAsync();
    }

    /// <summary>An https resource takes no peers from an http tracker (design §5), so there the seeds are named.</summary>
    private static Task<SwarmstreamNode> StartNodeAsync(Bench bench, FilmSite site, bool secure, CancellationToken stop) =>
        SwarmstreamNode.StartAsync(bench, stop, site.Nginx.Ca!.AuthorityPem,
            secure ? [.. site.SeedEndpoints.SelectMany(e => new[] { "--peer", e.ToString() })] : []);

    private static (Uri Url, System.Net.IPEndPoint? Proxy) Target(SwarmstreamNode node, FilmSite site, bool secure) =>
        secure ? (node.GatewayUrl(site.TlsRelay.Port, site.Path), null) : (site.Url, node.Proxy);
}
