using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
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
    private const string Kept = "http://files.example/kept";
    private const string Rebound = "rebound.example";
    private const string Json = "application/json";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly JsonSerializerOptions ForPages = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public string Name => "page-attacks";

    public string Holds => "a page through the proxy reads nothing of the control port and the gateway and changes nothing, by fetch, form, script, frame, media, WebSocket or DNS rebinding";

    public IReadOnlyList<Tool> Needs => [Tool.Chromium];

    public bool IsInCi => false;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var internet = bench.Own(new AnyName("Content-Type: text/html\r\nCache-Control: max-age=3600\r\n", "<!doctype html><title>evil</title><body>"));
        var careless = bench.Own(new AnyName("Content-Type: text/javascript\r\nCache-Control: no-store\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Allow-Headers: *\r\nAccess-Control-Allow-Methods: *\r\n", $"window.leaked = '{Secret}'"));
        var node = await SwarmstreamNode.StartAsync(bench, stop, null,
            "--upstream-proxy", $"http://127.0.0.1:{internet.Port}", "--share", "reading", "--peer-listen", "127.0.0.1:0");
        using var owner = new HttpClient { BaseAddress = node.Control };
        owner.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", node.Token);
        owner.DefaultRequestHeaders.Add("X-Swarm", "1");
        var changes = Changes(await AddOwnTorrentAsync(owner, stop));
        using var reader = new HttpClient(new SocketsHttpHandler { Proxy = new WebProxy($"http://{node.Proxy}") });
        await reader.GetStringAsync(new Uri(Kept), stop);
        var before = await StateAsync(owner, reader, stop);
        report.True("control: the node keeps what its owner read", before.EndsWith("kept=OK", StringComparison.Ordinal), before);

        // Chromium reaches loopback without the proxy, unless it is told otherwise: both ways are tried.
        foreach (var through in new[] { false, true })
        {
            var way = through ? "through the proxy" : "past the proxy";
            // One process for all frames: then the tab tells of the requests of its frames, too.
            var browser = await Chromium.StartAsync(bench, null, stop, $"--proxy-server=http://{node.Proxy}", "--disable-site-isolation-trials", "--disable-features=IsolateOrigins,site-per-process",
                $"--proxy-bypass-list={(through ? "<-loopback>;" : "")}{Rebound}", $"--host-resolver-rules=MAP {Rebound} 127.0.0.1");
            var page = await browser.OpenAsync($"{Evil}{(through ? "through" : "past")}", stop);
            await page.UntilAsync("document.title === 'evil'", Patience, stop);
            var watch = await page.WatchRequestsAsync(stop);

            var weak = careless.Asked.Count;
            var against = await AttackAsync(page, $"http://127.0.0.1:{careless.Port}", changes, node.Token, stop);
            report.True($"control, {way}: a careless program is read", against.Contains(Secret, StringComparison.Ordinal), Short(against));
            report.AtLeast($"control, {way}: and asked", careless.Asked.Count - weak, 40, "");
            await FormAsync($"control, {way}: a careless program takes the form", $"http://127.0.0.1:{careless.Port}", status => status == 200);

            foreach (var (name, port) in new[] { ("control port", node.Control.Authority), ("gateway", node.Proxy.ToString()) })
            {
                foreach (var (called, address) in new[] { (name, port), ($"{name} as localhost", $"localhost:{port.Split(':')[1]}") })
                {
                    var got = await AttackAsync(page, $"http://{address}", changes, node.Token, stop);
                    report.True($"{called}, {way}: nothing is readable", Readable(got) is "", Readable(got));
                    await FormAsync($"{called}, {way}: the form arrived and was refused", $"http://{address}", status => status is >= 400 and < 500);
                }

                var rebound = await RebindAsync(browser, port.Split(':')[1], stop);
                report.True($"{name}, rebound, {way}: refused", rebound.Split(' ') is [['4', _, _], "421", ['4', _, _]], rebound);
            }

            var weakly = await RebindAsync(browser, $"{careless.Port}", stop);
            report.Equal($"control, rebound, {way}: a careless program answers", weakly, "200 200 200");

            async Task FormAsync(string what, string address, Predicate<int> isRight)
            {
                IReadOnlyList<int> statuses = [];
                var came = await Poll.UntilAsync(_ => Task.FromResult((statuses = watch.StatusesOf("POST", address + PageAttackScript.FormPath, "Document")).Count > 0), Patience, stop);
                report.True(what, came && statuses.All(s => isRight(s)), string.Join(' ', statuses));
            }
        }

        report.Equal("the node's torrents, peers, resources and settings, before and after", await StateAsync(owner, reader, stop), before);
        report.AtLeast("pages came through the proxy", internet.Asked.Count(a => a.Contains(Evil, StringComparison.Ordinal)), 2, "");
        report.Exchanged(Tool.Chromium, "requests of its page to the careless program", careless.Asked.Count);
        await OwnerCanAsync(owner, reader, changes, report, stop);
    }

    /// <summary>What the page sent as an attacker, its owner may: each request is right, and changes what the state is compared by.</summary>
    private static async Task OwnerCanAsync(HttpClient owner, HttpClient reader, IReadOnlyList<Change> changes, Report report, CancellationToken stop)
    {
        foreach (var change in changes)
        {
            var before = await StateAsync(owner, reader, stop);
            using var answer = await SendAsync(owner, change, stop);
            var said = await answer.Content.ReadAsStringAsync(stop);
            var changed = change.Shown is { } shown ? said.Contains(shown, StringComparison.Ordinal) : await StateAsync(owner, reader, stop) != before;
            report.True($"control, {change.Name}: the same by the owner does it", answer.IsSuccessStatusCode && changed, $"{(int)answer.StatusCode} {Short(said)}");
        }
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient owner, Change change, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(new HttpMethod(change.Method), change.Path) { Content = change.Body is { } body ? new StringContent(body) : null };
        if (request.Content is { } content)
        {
            content.Headers.ContentType = new(change.Type);
        }

        return await owner.SendAsync(request, stop);
    }

    /// <summary>Something of the owner's that an attacker could want gone; gives its infohash.</summary>
    private static async Task<string> AddOwnTorrentAsync(HttpClient owner, CancellationToken stop)
    {
        using var answer = await SendAsync(owner, Add("the owner's own", "o"), stop);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(stop));
        return json.RootElement.GetProperty("infohash").GetString()!;
    }

    /// <summary>Everything that changes something, in the order in which the owner can do all of it.</summary>
    private static IReadOnlyList<Change> Changes(string infohash) =>
    [
        Add("add a torrent", "a"),
        new("pause", "POST", $"/api/v1/torrents/{infohash}/pause", Json, "{}"),
        new("remove", "DELETE", $"/api/v1/torrents/{infohash}", Json, null),
        new("share", "POST", "/api/v1/share", Json, """{"share":"off"}"""),
        new("capability", "POST", "/api/v1/capabilities", Json, """{"url":"https://bank.example/"}""", "/gateway/~"),
        new("purge", "DELETE", "/api/v1/cache", Json, null),
    ];

    /// <summary>A torrent of five bytes.</summary>
    private static Change Add(string name, string file) =>
        new(name, "POST", "/api/v1/torrents", "application/x-bittorrent", $"d4:infod6:lengthi5e4:name1:{file}12:piece lengthi16384e6:pieces20:{new string('h', 20)}ee");

    private static async Task<string> StateAsync(HttpClient owner, HttpClient reader, CancellationToken stop)
    {
        using var ask = new HttpRequestMessage(HttpMethod.Get, Kept);
        ask.Headers.CacheControl = new() { OnlyIfCached = true };
        using var kept = await reader.SendAsync(ask, stop);
        using var status = JsonDocument.Parse(await owner.GetStringAsync(new Uri("/api/v1/status", UriKind.Relative), stop));
        var lists = new StringBuilder();
        foreach (var list in new[] { "torrents", "peers", "resources" })
        {
            lists.Append((await owner.GetStringAsync(new Uri($"/api/v1/{list}", UriKind.Relative), stop)).Trim()).Append(' ');
        }

        return $"{lists}share={status.RootElement.GetProperty("share")} hosts={status.RootElement.GetProperty("swarm_hosts")} kept={kept.StatusCode}";
    }

    /// <summary>The attacks that came to something; none if every answer stayed closed: an opaque one has no content for the page.</summary>
    private static string Readable(string results)
    {
        using var json = JsonDocument.Parse(results);
        return string.Join(", ", json.RootElement.EnumerateObject().Where(r => r.Value.GetString() is not ("refused" or "opaque" or "sent")).Select(r => $"{r.Name}: {Short(r.Value.GetString()!)}"));
    }

    private static string Short(string results) => results.Length > 300 ? results[..300] + "…" : results;

    private static Task<string> AttackAsync(BrowserPage page, string at, IReadOnlyList<Change> changes, string token, CancellationToken stop) =>
        page.TextAsync($"({PageAttackScript.Text})({JsonSerializer.Serialize(at)}, {JsonSerializer.Serialize(changes, ForPages)}, {JsonSerializer.Serialize(token)})", stop);

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

    /// <param name="Shown">What the answer says of it where the state does not; null where it does.</param>
    private sealed record Change(string Name, string Method, string Path, string Type, string? Body, string? Shown = null);
}
