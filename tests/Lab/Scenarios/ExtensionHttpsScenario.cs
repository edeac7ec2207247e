using System.Diagnostics;
using System.Text;
using Swarm.Lab.Harness;
using Swarm.Lab.Harness.Browser;

namespace Swarm.Lab.Scenarios;

/// <summary>
/// A site of https at a public address in real Chromium: its permission is asked by the click, its pages come by the node's tunnel, its media through
/// the gateway. What only the page's own player can ask for stays in the tunnel, and the popup says how it would come out of it.
/// </summary>
public sealed class ExtensionHttpsScenario : IScenario
{
    private const int FilmSeconds = 60;
    private const int KilobitsPerSecond = 2000;
    private const string Host = "films.example";
    private const string TunnelOf = $"CONNECT {Host}:443 HTTP/1.1";
    private const string Tunnelled = "Not accelerated: https tunnel.";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public string Name => "extension-https";

    public string Holds => "https media of a site that was allowed play from origin and peers; what a tunnel hides is named, with the command that opens it; a site switched off leaves nothing behind";

    public IReadOnlyList<Tool> Needs => [Tool.Nginx, Tool.Opentracker, Tool.Libtorrent, Tool.Ffmpeg, Tool.Chromium];

    public bool IsInCi => false;

    public string? Lacks => ExtensionFolder.Missing;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var film = await Film.Mp4Async(bench, FilmSeconds, KilobitsPerSecond, stop);
        var site = await FilmSite.StartAsync(bench, film, film.BytesPerSecond * 0.7, stop, names: Host);
        await site.AddSeedAsync(film.BytesPerSecond * 2, stop);
        await site.WaitForPeersAsync(1, stop);
        site.Nginx.Publish("page.html", Html("", "/film.mp4"));
        site.Nginx.Publish("strict.html", Html("""<meta http-equiv="Content-Security-Policy" content="media-src 'self'">""", "/film.mp4"));
        site.Nginx.Publish("own.html", Html("", null));

        var world = bench.Own(new TunnelWorld(site.TlsRelay.Endpoint));
        // A tracker in clear is not told of what came by https: this one hears of the seed by a flag.
        string[] flags = ["--upstream-proxy", $"http://127.0.0.1:{world.Port}", "--peer", site.SeedEndpoints[0].ToString()];
        var node = await SwarmstreamNode.StartAsync(bench, stop, site.Nginx.Ca!.AuthorityPem, flags);
        // Without the proxy the site is at an address that counts as public: then Chromium keeps its pages from this machine's.
        var browser = await Chromium.StartAsync(bench, ExtensionFolder.Chromium, stop, "--ignore-certificate-errors",
            $"--host-resolver-rules=MAP {Host} 127.0.0.1:{site.TlsRelay.Port}", $"--ip-address-space-overrides=127.0.0.1:{site.TlsRelay.Port}=public");
        var seat = await ExtensionSeat.StartAsync(browser, stop);
        await seat.PairAsync(node, stop);
        var page = await browser.OpenAsync(UrlOf("page.html"), stop);
        await page.UntilAsync("v.currentTime > 0", Patience, stop);

        await PermissionAsync(browser, seat, page, report, stop);
        await FirstLoadAsync(seat, page, report, stop);
        await PlaysBoostedAsync(seat, page, node, world, site, report, stop);
        node = await NodeStopsAsync(seat, page, node, site, report, stop);
        await StrictPageAsync(seat, browser, report, stop);
        node = await OpenedAsync(seat, browser, node, site, report, stop);
        await SwitchOffAsync(seat, browser, page, node, report, stop);
        report.Exchanged(Tool.Chromium, "film bytes that the node gave it", (long)await node.MetricAsync("swarmstream_sent_bytes_total{to=\"client\"}", stop));
        report.Exchanged(Tool.Libtorrent, "a seed sent", site.SeedsUploadedBytes);
    }

    /// <summary>Chromium's prompt has no handle for programs: left open, answered with no in its place, and answered with yes in the browser's settings.</summary>
    private static async Task PermissionAsync(Chromium browser, ExtensionSeat seat, BrowserPage page, Report report, CancellationToken stop)
    {
        await seat.ShowAsync(page, stop);
        report.True("popup: offers to switch the site on", (await seat.SaysAsync("site-label", $"Use Swarm on {Host}", stop)).Holds, await seat.TextAsync("site-label", stop));
        await seat.ClickAsync("on", stop);
        report.True("the browser's prompt is open: the site is off", await seat.Popup.IsAsync($"{IsAllowed}.then(yes => !yes)", stop) && await page.IsAsync("v.currentSrc.startsWith('https://')", stop), await FilmWordsAsync(page, stop));

        await seat.ShowAsync(page, stop);
        await seat.Popup.EvaluateAsync("asked = chrome.permissions.request, chrome.permissions.request = async () => false", stop);
        await seat.ClickAsync("on", stop);
        var (says, words) = await seat.SaysAsync("notes", "was not allowed", stop);
        report.True("answered with no: the popup says so, and the switch is off", says && await seat.Popup.IsAsync("!document.getElementById('on').checked", stop), words);
        report.True("answered with no: no script in the site's pages", await seat.Popup.IsAsync("chrome.scripting.getRegisteredContentScripts().then(s => s.length === 0)", stop), "");

        await browser.AllowHostAsync(seat.Id, $"https://{Host}/*", stop);
        await seat.ShowAsync(page, stop);
        await seat.ClickAsync("on", stop);
        report.True("answered with yes: the site is on", await seat.Popup.UntilAsync($"{IsAllowed}.then(yes => yes && document.getElementById('on').checked)", Patience, stop), "");
    }

    /// <summary>The open page did not come through the node, so that Chromium refuses it addresses of this machine.</summary>
    private static async Task FirstLoadAsync(ExtensionSeat seat, BrowserPage page, Report report, CancellationToken stop)
    {
        var (says, words) = await seat.SaysAsync("media", "Reloading the page may help", stop);
        var plays = await page.UntilAsync($"v.currentSrc === '{UrlOf("film.mp4")}' && !v.error && !v.paused", Patience, stop);
        report.True("page that was open before: plays from the site, and the popup says to reload", says && plays, words);
    }

    private static async Task PlaysBoostedAsync(ExtensionSeat seat, BrowserPage page, SwarmstreamNode node, TunnelWorld world, FilmSite site, Report report, CancellationToken stop)
    {
        var tunnels = world.Asked.Count(a => a == TunnelOf);
        await page.NavigateAsync(UrlOf("page.html"), stop);
        var boosted = await page.UntilAsync($"v.currentSrc.startsWith('http://{node.Proxy}/gateway/~') && v.currentSrc.includes('/https/{Host}/') && v.currentTime > 8", Patience, stop);
        report.True("https film: plays through the gateway", boosted, await FilmWordsAsync(page, stop));
        report.AtLeast("its page came by the node's tunnel", world.Asked.Count(a => a == TunnelOf) - tunnels, 1, "");
        await seat.Popup.UntilAsync("/^[1-9]\\d*\\s%/.test(document.getElementById('share').textContent)", Patience, stop);
        report.True("popup: the share of peers", (await seat.TextAsync("share", stop)).Contains("% from peers (1 connected)", StringComparison.Ordinal), await seat.TextAsync("share", stop));
        report.True("popup: no tunnel is complained of", !(await seat.TextAsync("notes", stop)).Contains(Tunnelled, StringComparison.Ordinal), await seat.TextAsync("notes", stop));
        report.AtLeast("node: bytes from peers", await node.MetricAsync("swarmstream_received_bytes_total{source=\"peer\"}", stop), 1, "B");
        report.AtLeast("the seed sent", site.SeedsUploadedBytes, 1, "B");
    }

    private static async Task<SwarmstreamNode> NodeStopsAsync(ExtensionSeat seat, BrowserPage page, SwarmstreamNode node, FilmSite site, Report report, CancellationToken stop)
    {
        site.TlsRelay.BytesPerSecond = site.Film.BytesPerSecond * 20; // the way back is tried, not a slow site
        var before = await page.NumberAsync("v.currentTime", stop);
        await node.TerminateAsync();
        var clock = Stopwatch.StartNew();
        var direct = await page.UntilAsync($"v.currentSrc === '{UrlOf("film.mp4")}' && v.readyState >= 3 && v.currentTime > {FormattableString.Invariant($"{before + 0.5}")}", Patience, stop);
        report.AtMost("node stopped in mid-film: plays from the https site again after", direct ? clock.Elapsed.TotalSeconds : double.PositiveInfinity, 5, "s");
        return await AgainAsync(seat, node, stop);
    }

    /// <summary>Starts it again, and waits until the extension has noticed.</summary>
    private static async Task<SwarmstreamNode> AgainAsync(ExtensionSeat seat, SwarmstreamNode node, CancellationToken stop)
    {
        node = await node.StartAgainAsync(stop);
        await ExtensionSeat.ConnectedAsync(seat.Popup, stop);
        return node;
    }

    private static async Task StrictPageAsync(ExtensionSeat seat, Chromium browser, Report report, CancellationToken stop)
    {
        var page = await browser.OpenAsync(UrlOf("strict.html"), stop);
        await page.UntilAsync("v.currentTime > 0", Patience, stop);
        await seat.ShowAsync(page, stop);
        var (says, words) = await seat.SaysAsync("media", "content security policy", stop);
        report.True("page with strict rules: the popup names them", says, words);
        (says, words) = await seat.SaysAsync("notes", Tunnelled, stop);
        report.True("page with strict rules: the tunnel is named", says && words.Contains($"swarmstream ca create --host {Host}", StringComparison.Ordinal), words);
        report.True("page with strict rules: plays from the site", await page.UntilAsync($"v.currentSrc === '{UrlOf("film.mp4")}' && v.currentTime > 2", Patience, stop), await FilmWordsAsync(page, stop));
        await page.CloseAsync(stop);
    }

    /// <summary>A page whose own player fetches the film: hidden by the tunnel, until the node opens this host's https.</summary>
    private static async Task<SwarmstreamNode> OpenedAsync(ExtensionSeat seat, Chromium browser, SwarmstreamNode node, FilmSite site, Report report, CancellationToken stop)
    {
        var page = await browser.OpenAsync(UrlOf("own.html"), stop);
        await page.UntilAsync("v.currentTime > 0", Patience, stop);
        await seat.ShowAsync(page, stop);
        var (says, words) = await seat.SaysAsync("notes", Tunnelled, stop);
        report.True("the page's own player: the tunnel is named", says && words.Contains($"swarmstream ca create --host {Host}", StringComparison.Ordinal), words);
        var dashboard = await browser.OpenAsync($"{node.Control}#{node.Token}", stop);
        const string home = "document.querySelector('main').textContent";
        says = await dashboard.UntilAsync($"{home}.includes('{Tunnelled}') && {home}.includes('swarmstream ca create --host {Host}')", Patience, stop);
        report.True("the page's own player: the dashboard's first page names the tunnel", says, await dashboard.TextAsync("document.querySelector('main').textContent.slice(0, 120)", stop));

        report.Equal("what the popup says to type: exit code", await node.RunAsync(stop, "ca", "create", "--host", Host), 0);
        await node.TerminateAsync();
        node = await AgainAsync(seat, node, stop);
        await page.NavigateAsync(UrlOf("own.html?again"), stop);
        report.True("https opened: the page's own player plays", await page.UntilAsync("v.currentTime > 1", Patience, stop), await FilmWordsAsync(page, stop));
        var receipts = await node.ReceiptsAsync("/film.mp4", stop);
        report.True("https opened: the node answered the page's own request", receipts.Count > 0, $"{receipts.Count} receipts");
        await seat.ShowAsync(page, stop);
        (says, words) = await seat.SaysAsync("media", "own player", stop);
        report.True("https opened: the popup names no tunnel", says && !(await seat.TextAsync("notes", stop)).Contains(Tunnelled, StringComparison.Ordinal), words);
        report.Equal("the page's former self says nothing more: media in the popup", (long)await seat.Popup.NumberAsync("document.getElementById('media').children.length", stop), 1);
        says = await dashboard.UntilAsync($"{home}.includes('Fetch something') && !{home}.includes('https tunnel')", Patience, stop);
        report.True("https opened: nor does the dashboard", says, await dashboard.TextAsync("document.querySelector('main').textContent.slice(0, 120)", stop));
        await dashboard.CloseAsync(stop);
        await page.CloseAsync(stop);
        return node;
    }

    private static async Task SwitchOffAsync(ExtensionSeat seat, Chromium browser, BrowserPage page, SwarmstreamNode node, Report report, CancellationToken stop)
    {
        await page.NavigateAsync(UrlOf("page.html?off"), stop);
        report.True("before: through the node", await page.UntilAsync("v.currentSrc.includes('/gateway/~') && v.currentTime > 1", Patience, stop), await FilmWordsAsync(page, stop));
        await seat.ShowAsync(page, stop);
        await seat.ClickAsync("on", stop);
        report.True("switched off: from the site at once", await page.UntilAsync($"v.currentSrc === '{UrlOf("film.mp4")}' && v.currentTime > 1", Patience, stop) && !node.HasExited, await FilmWordsAsync(page, stop));
        report.True("switched off: the permission is given back", await seat.Popup.UntilAsync($"{IsAllowed}.then(yes => !yes)", Patience, stop), await seat.Popup.TextAsync("chrome.permissions.getAll().then(p => p.origins.join(' '))", stop));
        report.True("switched off: nothing goes through the proxy", await seat.Popup.UntilAsync("chrome.proxy.settings.get({}).then(s => s.value.mode !== 'pac_script')", Patience, stop), "");
        var again = await browser.OpenAsync(UrlOf("page.html?new"), stop);
        report.True("switched off: a new page is left alone", await again.UntilAsync($"v.currentTime > 2 && v.currentSrc === '{UrlOf("film.mp4")}'", Patience, stop), await FilmWordsAsync(again, stop));
    }

    private const string IsAllowed = $"chrome.permissions.contains({{origins: ['https://{Host}/*']}})";

    private static Task<string> FilmWordsAsync(BrowserPage page, CancellationToken stop) =>
        page.TextAsync("typeof v === 'undefined' ? 'no film: ' + document.body?.textContent : `${v.currentTime.toFixed(1)} s, ${v.currentSrc.replace(/~[^/]+/, '~…')} ${v.error?.message ?? ''}`", stop);

    private static string UrlOf(string page) => $"https://{Host}/{page}";

    /// <param name="source">The film's address; null for a page that fetches it and puts it together itself.</param>
    private static byte[] Html(string head, string? source) => Encoding.UTF8.GetBytes($$"""
        <!doctype html><meta charset="utf-8"><title>A film</title>{{head}}
        <video id="v" {{(source is null ? "" : $"src=\"{source}\"")}} muted autoplay loop controls width="640"></video>
        {{(source is null ? "<script>fetch('/film.mp4').then(a => a.blob()).then(b => { v.src = URL.createObjectURL(b); });</script>" : "")}}
        """);
}
