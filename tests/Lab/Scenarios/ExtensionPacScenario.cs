using System.Diagnostics;
using Swarm.Lab.Harness;
using Swarm.Lab.Harness.Browser;

namespace Swarm.Lab.Scenarios;

/// <summary>
/// Plain http by the extension's PAC file in real Chromium: through the node while it runs, straight to the site when it does not, and again through
/// the node when it is back. The site sees which: the node is told to reach the world by a proxy, which is asked in absolute-form.
/// </summary>
public sealed class ExtensionPacScenario : IScenario
{
    private const string Host = "films.example";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public string Name => "extension-pac";

    public string Holds => "plain http goes through the node while it runs and straight to the site when it does not; this computer's own addresses never do";

    public IReadOnlyList<Tool> Needs => [Tool.Chromium];

    public bool IsInCi => false;

    public string? Lacks => ExtensionFolder.Missing;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var site = bench.Own(new AnyName("Content-Type: text/html\r\nCache-Control: no-store\r\n", "<!doctype html><title>a page</title>"));
        var node = await SwarmstreamNode.StartAsync(bench, stop, null, "--upstream-proxy", $"http://127.0.0.1:{site.Port}");
        var browser = await Chromium.StartAsync(bench, ExtensionFolder.Chromium, stop, $"--host-resolver-rules=MAP {Host} 127.0.0.1:{site.Port}");
        var seat = await ExtensionSeat.StartAsync(browser, stop);
        report.Equal("not paired: the site is asked", await AskAsync("first"), "straight");

        var options = await seat.PairAsync(node, stop);
        report.Equal("paired, plain http not chosen: the site is asked", await AskAsync("second"), "straight");
        await options.EvaluateAsync("document.getElementById('all-http').click()", stop);
        await options.UntilAsync("chrome.proxy.settings.get({}).then(s => s.value.mode === 'pac_script')", Patience, stop);
        report.Equal("plain http chosen: the site is asked", await AskAsync("third"), "by the node");

        await node.TerminateAsync();
        var clock = Stopwatch.StartNew();
        report.Equal("node stopped: the site is asked", await AskAsync("fourth"), "straight");
        report.AtMost("node stopped: the page is there after", clock.Elapsed.TotalSeconds, 5, "s");

        node = await node.StartAgainAsync(stop);
        await options.EvaluateAsync("location.reload()", stop);
        await ExtensionSeat.ConnectedAsync(options, stop);
        report.Equal("node started again: the site is asked", await AskAsync("fifth"), "by the node");
        var own = await options.TextAsync($"fetch('http://127.0.0.1:{site.Port}/own').then(a => a.status)", stop);
        report.True("this computer's own address: straight", own == "200" && site.Asked.Contains("GET /own HTTP/1.1"), own);
        report.Exchanged(Tool.Chromium, "requests that reached the site", site.Asked.Count);

        // Each time another page: one that was seen could come from the browser's cache.
        async Task<string> AskAsync(string path)
        {
            var page = await browser.OpenAsync($"http://{Host}/{path}", stop);
            var loaded = await page.UntilAsync("document.title === 'a page'", Patience, stop);
            await page.CloseAsync(stop);
            return !loaded ? "not at all"
                : site.Asked.Contains($"GET http://{Host}/{path} HTTP/1.1") ? "by the node"
                : site.Asked.Contains($"GET /{path} HTTP/1.1") ? "straight" : "in another way";
        }
    }
}
