using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Swarm.Lab.Harness;
using Swarm.Lab.Harness.Browser;

namespace Swarm.Lab.Scenarios;

/// <summary>
/// The browser extension in real Chromium, as a person uses it: paired in one click, a site switched on, the node stopped in the middle of the film.
/// Whatever happens to the node, the page plays and the popup says what is the matter.
/// </summary>
public sealed class ExtensionScenario : IScenario
{
    private const int FilmSeconds = 90;
    private const int KilobitsPerSecond = 2000;
    private const string Page = "page.html";
    private const string StrictPage = "strict.html";
    private const string HostilePage = "hostile.html";

    /// <summary>A browser on a loaded machine; what is promised in seconds is measured apart.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public string Name => "extension";

    public string Holds => "with the extension a film on a slow site plays from origin and peers; without the node it goes on from the site within 5 s, and the popup says so";

    public IReadOnlyList<Tool> Needs => [Tool.Nginx, Tool.Opentracker, Tool.Libtorrent, Tool.Ffmpeg, Tool.Chromium];

    public bool IsInCi => false;

    public string? Lacks => ExtensionFolder.Missing;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var film = await Film.Mp4Async(bench, FilmSeconds, KilobitsPerSecond, stop);
        var site = await FilmSite.StartAsync(bench, film, film.BytesPerSecond * 0.7, stop);
        await site.AddSeedAsync(film.BytesPerSecond * 1.2, stop);
        await site.AddSeedAsync(film.BytesPerSecond * 1.2, stop);
        await site.WaitForPeersAsync(2, stop);
        site.Nginx.Publish(Page, Html(""));
        site.Nginx.Publish(StrictPage, Html("""<meta http-equiv="Content-Security-Policy" content="media-src 'self'">"""));

        var node = await SwarmstreamNode.StartAsync(bench, stop);
        var browser = await Chromium.StartAsync(bench, ExtensionFolder.Chromium, stop);
        var seat = await ExtensionSeat.StartAsync(browser, stop);
        var popup = seat.Popup;
        await TroublesAsync(popup, site, node, report, stop);
        await PairAsync(browser, popup, node, report, stop);

        var page = await browser.OpenAsync(UrlOf(site, Page), stop);
        await SwitchAsync(seat, page, stop);
        await PlaysBoostedAsync(page, popup, node, site, report, stop);
        await BackgroundSleepsAsync(popup, report, stop);
        await SeekAndPeerGoneAsync(page, site, report, stop);
        node = await NodeStopsAsync(page, popup, node, site, report, stop);
        await SwitchOffAsync(page, popup, node, site, report, stop);
        await page.CloseAsync(stop);

        await StrictPageAsync(browser, seat, site, report, stop);
        await HostileNamesAsync(browser, seat, site, report, stop);
        await MenuPagesAsync(browser, seat, film, site, report, stop);
        report.Exchanged(Tool.Chromium, "film bytes that the node gave it", (long)await node.MetricAsync("swarmstream_sent_bytes_total{to=\"client\"}", stop));
        report.Exchanged(Tool.Libtorrent, "two seeds sent", site.SeedsUploadedBytes);
    }

    /// <summary>Not paired, nobody there, a token that is none, another program: each has its sentence.</summary>
    private static async Task TroublesAsync(BrowserPage popup, FilmSite site, SwarmstreamNode node, Report report, CancellationToken stop)
    {
        await SaysAsync(popup, report, "popup, not paired", "Not connected to a node yet");
        var token = new string('A', node.Token.Length);
        foreach (var (what, control, words) in new[]
        {
            ("no node", $"http://127.0.0.1:{Bench.FreePort()}", "No node answers at"),
            ("wrong token or stale pairing", node.Control.GetLeftPart(UriPartial.Authority), "does not know this browser any more"),
            ("another program on the port", site.Url.GetLeftPart(UriPartial.Authority), "is no swarmstream node"),
        })
        {
            await popup.EvaluateAsync($"chrome.storage.local.set({{control: '{control}', token: '{token}'}})", stop);
            await SaysAsync(popup, report, $"popup, {what}", words);
        }

        async Task SaysAsync(BrowserPage at, Report to, string what, string words) =>
            to.True(what, await at.UntilAsync($"document.getElementById('node').textContent.includes({JsonSerializer.Serialize(words)})", Patience, stop), await NodeWordsAsync(at, stop));
    }

    private static async Task PairAsync(Chromium browser, BrowserPage popup, SwarmstreamNode node, Report report, CancellationToken stop)
    {
        var dashboard = await browser.OpenAsync($"{node.Control}#{node.Token}", stop);
        await dashboard.UntilAsync("sessionStorage.getItem('swarm-token')", Patience, stop);
        await popup.EvaluateAsync("document.getElementById('pair').click()", stop);
        var paired = await popup.UntilAsync("document.getElementById('node').textContent.startsWith('Connected')", Patience, stop);
        report.True("paired in one click, the dashboard being open", paired, await NodeWordsAsync(popup, stop));
        await dashboard.CloseAsync(stop);
    }

    private static async Task PlaysBoostedAsync(BrowserPage page, BrowserPage popup, SwarmstreamNode node, FilmSite site, Report report, CancellationToken stop)
    {
        var boosted = await page.UntilAsync($"v.currentSrc.startsWith('http://{node.Proxy}/gateway/~') && v.currentTime > 12", Patience, stop);
        report.True("film: plays through the gateway", boosted, await FilmWordsAsync(page, stop));
        await popup.UntilAsync("/^[1-9]\\d*\\s%/.test(document.getElementById('share').textContent)", Patience, stop);
        var share = await popup.TextAsync("document.getElementById('share').textContent", stop);
        report.True("popup: the share of peers and of the site", System.Text.RegularExpressions.Regex.IsMatch(share, @"^[1-9][0-9]*\s% from peers \([1-9][0-9]* connected\), [1-9][0-9]*\s% from the site"), share);
        var media = await popup.TextAsync("document.getElementById('media').textContent", stop);
        report.True("popup: what is ahead of the playhead", media.Contains("film.mp4: through the node", StringComparison.Ordinal), media);
        report.True("badge: seconds ahead", await popup.UntilAsync(BadgeIs("/^\\d+s$/"), Patience, stop), await BadgeAsync(popup, stop));
        report.AtLeast("node: bytes from peers", await node.MetricAsync("swarmstream_received_bytes_total{source=\"peer\"}", stop), 1, "B");
        report.AtLeast("node: bytes from the origin", await node.MetricAsync("swarmstream_received_bytes_total{source=\"origin\"}", stop), 1, "B");
        var hint = await popup.NumberAsync($$"""
            fetch('{{node.Control}}api/v1/playhead', {method: 'POST', headers: {'X-Swarm': '1', 'Content-Type': 'application/json', Authorization: 'Bearer {{node.Token}}'},
              body: JSON.stringify({url: '{{site.Url}}', position_seconds: 12, buffered_until_seconds: 14, duration_seconds: 90})}).then(a => a.status)
            """, stop);
        report.Equal("node: takes the playhead of the film that is open", hint, 204);
        report.Note("film: waited after it had begun", await page.TextAsync("`${waits} times`", stop));
    }

    /// <summary>The page's next word wakes the background, which knows nothing of before: the badge goes on, and the popup too.</summary>
    private static async Task BackgroundSleepsAsync(BrowserPage popup, Report report, CancellationToken stop)
    {
        await popup.EvaluateAsync("chrome.action.setBadgeText({tabId: Number(new URLSearchParams(location.search).get('tab')), text: '?'})", stop);
        await popup.StopWorkersAsync(stop);
        report.True("background put to sleep: the badge goes on", await popup.UntilAsync(BadgeIs("/^[0-9]+s$/"), Patience, stop), await BadgeAsync(popup, stop));
        var media = await popup.UntilAsync("document.getElementById('media').textContent.includes('through the node')", Patience, stop);
        report.True("background put to sleep: the popup too", media, await popup.TextAsync("document.getElementById('media').textContent", stop));
    }

    private static async Task SeekAndPeerGoneAsync(BrowserPage page, FilmSite site, Report report, CancellationToken stop)
    {
        const double to = 60;
        await page.EvaluateAsync($"waits = 0, v.currentTime = {Invariant(to)}", stop);
        var plays = await page.UntilAsync($"v.currentTime > {Invariant(to + 1)} && v.readyState >= 3 && v.currentSrc.includes('/gateway/~')", Patience, stop);
        report.True("seek: plays there, still through the node", plays, await FilmWordsAsync(page, stop));
        await site.Seeds[1].DisposeAsync();
        plays = await page.UntilAsync($"v.currentTime > {Invariant(to + 6)} && v.currentSrc.includes('/gateway/~')", Patience, stop);
        report.True("a peer is gone: plays on through the node", plays, await FilmWordsAsync(page, stop));
    }

    private static async Task<SwarmstreamNode> NodeStopsAsync(BrowserPage page, BrowserPage popup, SwarmstreamNode node, FilmSite site, Report report, CancellationToken stop)
    {
        // What is tried is the way back, not a site that is too slow to play from.
        site.Relay.BytesPerSecond = site.Film.BytesPerSecond * 20;
        await page.EvaluateAsync("v.currentTime = 15", stop);
        await page.UntilAsync("v.currentTime > 16 && v.readyState >= 3", Patience, stop);
        var before = await page.NumberAsync("v.currentTime", stop);
        report.AtMost("node stopped in mid-film: seconds to end", (await node.TerminateAsync()).TotalSeconds, 5, "s");
        var clock = Stopwatch.StartNew();
        var direct = await page.UntilAsync($"v.currentSrc === '{site.Url}' && v.readyState >= 3 && v.currentTime > {Invariant(before)} + 0.5", Patience, stop);
        report.AtMost("node stopped in mid-film: plays from the site again after", direct ? clock.Elapsed.TotalSeconds : double.PositiveInfinity, 5, "s");
        report.True("film: goes on where it was", await page.IsAsync($"v.currentTime < {Invariant(before)} + {Invariant(clock.Elapsed.TotalSeconds + 15)} && !v.paused", stop), FormattableString.Invariant($"from {before:F1} s to ") + await FilmWordsAsync(page, stop));
        report.True("popup: no node", await popup.UntilAsync("document.getElementById('node').textContent.startsWith('No node answers')", Patience, stop), await NodeWordsAsync(popup, stop));
        report.True("badge: warns", await popup.UntilAsync(BadgeIs("/^!$/"), Patience, stop), await BadgeAsync(popup, stop));

        var again = await node.StartAgainAsync(stop);
        clock.Restart();
        report.True("node started again: the badge recovers", await popup.UntilAsync(BadgeIs("/^(\\d+s)?$/"), Patience, stop), FormattableString.Invariant($"after {clock.Elapsed.TotalSeconds:F1} s"));
        await page.NavigateAsync(UrlOf(site, Page), stop);
        var boosted = await page.UntilAsync($"v.currentSrc.startsWith('http://{again.Proxy}/gateway/~') && v.currentTime > 2", Patience, stop);
        report.True("film: through the gateway again, without pairing again", boosted, await FilmWordsAsync(page, stop));
        return again;
    }

    private static async Task SwitchOffAsync(BrowserPage page, BrowserPage popup, SwarmstreamNode node, FilmSite site, Report report, CancellationToken stop)
    {
        var at = await page.NumberAsync("v.currentTime", stop);
        await popup.EvaluateAsync("document.getElementById('on').click()", stop);
        var direct = await page.UntilAsync($"v.currentSrc === '{site.Url}' && v.currentTime > {Invariant(at)}", Patience, stop);
        report.True("site switched off: plays from the site at once, node running", direct && !node.HasExited, await FilmWordsAsync(page, stop));
    }

    /// <summary>The page's own rules forbid the node's address: nothing breaks, and the popup names the rule.</summary>
    private static async Task StrictPageAsync(Chromium browser, ExtensionSeat seat, FilmSite site, Report report, CancellationToken stop)
    {
        var page = await browser.OpenAsync(UrlOf(site, StrictPage), stop);
        await SwitchAsync(seat, page, stop);
        var (told, words) = await seat.SaysAsync("media", "content security policy", stop);
        report.True("popup: the page's rules forbid it", told, words);
        var plays = await page.UntilAsync($"v.currentSrc === '{site.Url}' && v.currentTime > 2", Patience, stop);
        report.True("film on a page with strict rules: plays from the site", plays, await FilmWordsAsync(page, stop));
        await page.CloseAsync(stop);
    }

    /// <summary>A page chooses what its media are called: all of it is text to the popup, and the popup keeps its shape.</summary>
    private static async Task HostileNamesAsync(Chromium browser, ExtensionSeat seat, FilmSite site, Report report, CancellationToken stop)
    {
        const string markup = "\"><img src=x onerror=\"window.caught=1\">";
        string[] names = [markup + ".mp4", $"\u202e{markup}مرحبا بالعالم.mp4", new string('x', 10_000) + ".mp4", $"{string.Concat(Enumerable.Repeat("漢", 3000))}.mp4", "__proto__"];
        site.Nginx.Publish(HostilePage, Encoding.UTF8.GetBytes($"<!doctype html><meta charset=utf-8><title>{System.Net.WebUtility.HtmlEncode(markup)}</title>"
            + string.Concat(names.Select(n => $"<video src=\"/{Uri.EscapeDataString(n)}\"></video>"))));
        var page = await browser.OpenAsync(UrlOf(site, HostilePage), stop);
        await seat.ShowAsync(page, stop);
        var shown = await seat.Popup.UntilAsync($"document.querySelectorAll('#media li').length === {names.Length}", Patience, stop);
        report.True("hostile names: the popup lists them as text", shown && await seat.Popup.IsAsync("document.getElementById('media').textContent.includes('<img src=x onerror=')", stop), await seat.TextAsync("media", stop));
        report.True("hostile names: none became an element, or ran", await seat.Popup.IsAsync("!window.caught && document.images.length === 1 && !document.querySelector('#media li > *')", stop), "");
        await seat.Popup.ResizeAsync(352, 300, stop);
        report.AtMost("hostile names: the popup's width", await seat.Popup.NumberAsync("document.documentElement.scrollWidth", stop), 352, "px");
        report.AtMost("hostile names: its height, a line each and more", await seat.Popup.NumberAsync("document.documentElement.scrollHeight", stop), 1000, "px");
        await page.CloseAsync(stop);
    }

    /// <summary>What the two entries of the context menu open.</summary>
    private static async Task MenuPagesAsync(Chromium browser, ExtensionSeat seat, Film film, FilmSite site, Report report, CancellationToken stop)
    {
        var (popup, id) = (seat.Popup, seat.Id);
        var asked = $"chrome-extension://{id}/play.html?url={Uri.EscapeDataString(site.Url.ToString())}";
        var player = await browser.OpenAsync(asked, stop);
        // Without a sound card a film with sound may wait for one.
        var plays = await player.UntilAsync("(f => { f.muted = true; return f.currentTime > 1; })(document.getElementById('film'))", Patience, stop);
        report.True("Play with Swarm: plays", plays, await player.TextAsync("(f => `${f.currentTime.toFixed(1)} s, ready ${f.readyState}, ${document.getElementById('state').textContent}`)(document.getElementById('film'))", stop));
        await player.CloseAsync(stop);

        var download = await browser.OpenAsync(asked + "&download=1", stop);
        await popup.UntilAsync("chrome.downloads.search({state: 'complete'}).then(d => d.length)", Patience, stop);
        var bytes = await popup.NumberAsync("chrome.downloads.search({state: 'complete'}).then(d => d[0]?.fileSize ?? 0)", stop);
        var name = await popup.TextAsync("chrome.downloads.search({}).then(d => d[0]?.filename ?? '')", stop);
        report.Equal("Download with Swarm: bytes", (long)bytes, film.Content.Length);
        report.Note("Download with Swarm: the browser says", await popup.TextAsync("chrome.downloads.search({}).then(all => all.map(d => `${d.state} ${d.error ?? ''} ${d.bytesReceived} B of ${d.totalBytes}`).join())", stop));
        report.True("Download with Swarm: the file is the film", bytes > 0 && (await File.ReadAllBytesAsync(name, stop)).AsSpan().SequenceEqual(film.Content), Path.GetFileName(name));
        await download.CloseAsync(stop);
    }

    /// <summary>Opens the popup for a page, and switches its site on by a click.</summary>
    private static async Task SwitchAsync(ExtensionSeat seat, BrowserPage page, CancellationToken stop)
    {
        await seat.ShowAsync(page, stop);
        await seat.ClickAsync("on", stop);
    }

    private static string BadgeIs(string pattern) =>
        $"chrome.action.getBadgeText({{tabId: Number(new URLSearchParams(location.search).get('tab'))}}).then(t => {pattern}.test(t))";

    private static Task<string> BadgeAsync(BrowserPage popup, CancellationToken stop) =>
        popup.TextAsync("chrome.action.getBadgeText({tabId: Number(new URLSearchParams(location.search).get('tab'))})", stop);

    private static Task<string> NodeWordsAsync(BrowserPage popup, CancellationToken stop) => popup.TextAsync("document.getElementById('node').textContent", stop);

    private static Task<string> FilmWordsAsync(BrowserPage page, CancellationToken stop) =>
        page.TextAsync("`${v.currentTime.toFixed(1)} s${v.paused ? ', paused' : ''}, ${v.currentSrc.replace(/~[^/]+/, '~…')} ${v.error?.message ?? ''}`", stop);

    private static string UrlOf(FilmSite site, string page) => new Uri(site.Url, page).ToString();

    private static string Invariant(double seconds) => seconds.ToString("F3", System.Globalization.CultureInfo.InvariantCulture);

    private static byte[] Html(string head) => Encoding.UTF8.GetBytes($$"""
        <!doctype html><meta charset="utf-8"><title>A film</title>{{head}}
        <video id="v" src="/film.mp4" muted autoplay controls width="640"></video>
        <script>let waits = 0; v.addEventListener('waiting', () => { if (v.currentTime > 1) waits++; });</script>
        """);
}
