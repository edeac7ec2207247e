using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Swarm.Lab.Harness;
using Swarm.Lab.Harness.Browser;

namespace Swarm.Lab.Scenarios;

/// <summary>The same extension in Firefox ESR: it pairs with a node by the dashboard's link, and a film plays by it, and without it when it goes.</summary>
public sealed class FirefoxScenario : IScenario
{
    private const int FilmSeconds = 60;
    private const int KilobitsPerSecond = 2000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public string Name => "extension-firefox";

    public string Holds => "in Firefox ESR the extension pairs with a node, a film plays from origin and peers, and from the site alone when the node goes";

    public IReadOnlyList<Tool> Needs => [Tool.Nginx, Tool.Opentracker, Tool.Libtorrent, Tool.Ffmpeg, Tool.Firefox];

    public bool IsInCi => false;

    public string? Lacks => ExtensionFolder.Missing;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var film = await Film.Mp4Async(bench, FilmSeconds, KilobitsPerSecond, stop);
        var site = await FilmSite.StartAsync(bench, film, film.BytesPerSecond * 0.7, stop);
        await site.AddSeedAsync(film.BytesPerSecond * 2, stop);
        await site.WaitForPeersAsync(1, stop);
        site.Nginx.Publish("page.html", Encoding.UTF8.GetBytes($"""<!doctype html><title>A film</title><video id="v" src="{site.Path}" muted autoplay loop></video>"""));
        var pageUrl = new Uri(site.Url, "page.html").ToString();

        var node = await SwarmstreamNode.StartAsync(bench, stop);
        using var manifest = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(ExtensionFolder.Firefox, "manifest.json"), stop));
        var id = manifest.RootElement.GetProperty("browser_specific_settings").GetProperty("gecko").GetProperty("id").GetString()!;
        var uuid = Guid.NewGuid();
        var firefox = await Firefox.StartAsync(bench, id, uuid, stop);
        report.Equal("loaded as", await firefox.InstallAsync(ExtensionFolder.Firefox, stop), id);

        await firefox.OpenAsync($"moz-extension://{uuid}/options.html", stop);
        await SaysAsync("options: not paired yet", "node", "Not connected");
        await firefox.TextAsync($"""
            document.getElementById('link').value = '{node.Control}#{node.Token}';
            document.getElementById('link-form').requestSubmit();
            return 'sent';
            """, stop);
        await SaysAsync("options: paired by the dashboard's link", "node", "Connected");

        var popup = await firefox.TabAsync(stop);
        var page = await firefox.NewTabAsync(stop);
        await firefox.OpenAsync(pageUrl, stop);
        report.True("film: plays from the site at first", await firefox.UntilAsync($"return document.getElementById('v').currentTime > 0 && document.getElementById('v').currentSrc === '{site.Url}'", Patience, stop), await FilmWordsAsync());
        await firefox.SwitchToAsync(popup, stop);
        // Firefox shows an extension the addresses of tabs of hosts that it may see: this machine's from the beginning.
        await firefox.TextAsync($"browser.tabs.query({{url: '{new Uri(site.Url, "page.html")}'.replace(/:\\d+/, '')}}).then(t => document.title = `tab ${{t[0]?.id}}`); return ''", stop);
        if (!await firefox.UntilAsync("return /^tab [0-9]+$/.test(document.title)", Patience, stop))
        {
            throw new LabException($"the extension does not see the page's tab: {await firefox.TextAsync("return document.title", stop)}");
        }

        var tab = (await firefox.TextAsync("return document.title", stop)).Split(' ')[1];
        await firefox.OpenAsync($"moz-extension://{uuid}/popup.html?tab={tab}", stop);
        await SaysAsync("popup: offers to switch the site on", "site-label", "Use Swarm on 127.0.0.1");
        await firefox.ClickAsync("on", stop);
        await SaysAsync("popup: the film goes through the node", "media", "through the node");
        await SaysAsync("popup: the share of peers", "share", "% from peers (1 connected)");

        await firefox.SwitchToAsync(page, stop);
        var boosted = await firefox.UntilAsync($"return document.getElementById('v').currentSrc.startsWith('http://{node.Proxy}/gateway/~') && document.getElementById('v').currentTime > 8", Patience, stop);
        report.True("film: plays through the gateway", boosted, await FilmWordsAsync());
        report.AtLeast("node: bytes from peers", await node.MetricAsync("swarmstream_received_bytes_total{source=\"peer\"}", stop), 1, "B");
        // What was sent is counted when an answer ends: the seek ends the one that played until now.
        await firefox.TextAsync("document.getElementById('v').currentTime = 40; return ''", stop);
        var seeks = await firefox.UntilAsync("const v = document.getElementById('v'); return v.currentTime > 41 && v.readyState >= 3 && v.currentSrc.includes('/gateway/~')", Patience, stop);
        report.True("seek: plays there, still through the node", seeks, await FilmWordsAsync());
        report.Exchanged(Tool.Firefox, "film bytes that the node gave it", (long)await node.MetricAsync("swarmstream_sent_bytes_total{to=\"client\"}", stop));
        report.Exchanged(Tool.Libtorrent, "a seed sent", site.SeedsUploadedBytes);

        site.Relay.BytesPerSecond = film.BytesPerSecond * 20; // the way back is tried, not a slow site
        await node.TerminateAsync();
        var clock = Stopwatch.StartNew();
        var direct = await firefox.UntilAsync($"const v = document.getElementById('v'); return v.currentSrc === '{site.Url}' && v.readyState >= 3 && v.currentTime > 0 && !v.paused", Patience, stop);
        report.AtMost("node stopped in mid-film: plays from the site again after", direct ? clock.Elapsed.TotalSeconds : double.PositiveInfinity, 5, "s");
        await firefox.SwitchToAsync(popup, stop);
        await SaysAsync("popup: the node is gone", "node", "No node answers");

        async Task SaysAsync(string what, string element, string words)
        {
            var says = await firefox.UntilAsync($"return document.getElementById('{element}').textContent.includes('{words}')", Patience, stop);
            report.True(what, says, await firefox.TextAsync($"return document.getElementById('{element}').textContent", stop));
        }

        Task<string> FilmWordsAsync() =>
            firefox.TextAsync("const v = document.getElementById('v'); return `${v.currentTime.toFixed(1)} s, ${v.currentSrc.replace(/~[^/]+/, '~…')} ${v.error?.message ?? ''}`", stop);
    }
}
