using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Swarm.Core;
using Swarm.Proxy.Control;

namespace Swarm.Proxy.Tests;

/// <summary>The API's answers: names and units of the contract.</summary>
public sealed class ControlApiTests
{
    [Fact]
    public async Task Healthz_SaysOkWithoutAToken()
    {
        await using var control = await ControlHarness.StartAsync();
        control.Client.DefaultRequestHeaders.Authorization = null;
        Assert.Equal("ok\n", await TextAsync(control, "/healthz"));
    }

    [Fact]
    public async Task Status_NamesHostsOfBigTunnels_ButThoseThatAreOpenedByNow()
    {
        await using var control = await ControlHarness.StartAsync();
        control.Node.Now = NodeStatus.Idle with { Tunnels = [new("films.example.com", 5 << 20, 2), new("files.example.net", 4 << 20, 0), new("a.example.org", 3 << 20, 1), new("example.org", 2 << 20, 0)] };
        using var status = JsonDocument.Parse(await TextAsync(control, "/api/v1/status"));
        Assert.Equal(
            [("films.example.com", 5 << 20, 2), ("example.org", 2 << 20, 0)],
            status.RootElement.GetProperty("tunnels").EnumerateArray().Select(t => (t.GetProperty("host").GetString()!, t.GetProperty("bytes").GetInt32(), t.GetProperty("open").GetInt32())));
    }

    [Fact]
    public async Task Status_TellsCountersAndWhatIsTrue()
    {
        await using var control = await ControlHarness.StartAsync();
        control.Metrics.AddReceived(SourceKind.Peer, 7);
        control.Metrics.AddReceived(SourceKind.Origin, 3);
        control.Metrics.AddSentToClient(10);
        control.Metrics.AddStall();
        control.Node.Now = new NodeStatus(2, new StoreView("/pieces", 5, 100, true), ["The disk is full."]);
        using var status = JsonDocument.Parse(await TextAsync(control, "/api/v1/status"));
        var root = status.RootElement;
        Assert.Equal("swarmstream.status/1", root.GetProperty("schema").GetString());
        Assert.Equal("off", root.GetProperty("share").GetString());
        Assert.Equal(JsonValueKind.Null, root.GetProperty("peer").ValueKind);
        Assert.Equal("http://127.0.0.1:7976", root.GetProperty("proxy").GetString());
        Assert.Equal(7, root.GetProperty("received_bytes").GetProperty("peer").GetInt64());
        Assert.Equal(0, root.GetProperty("received_bytes").GetProperty("webseed").GetInt64());
        Assert.Equal(10, root.GetProperty("sent_bytes").GetProperty("client").GetInt64());
        Assert.Equal(1, root.GetProperty("stalls").GetInt64());
        Assert.Equal(2, root.GetProperty("open_requests").GetInt32());
        Assert.Equal(100, root.GetProperty("store").GetProperty("quota_bytes").GetInt64());
        Assert.Equal("The disk is full.", Assert.Single(root.GetProperty("notices").EnumerateArray()).GetString());
    }

    [Fact]
    public async Task Lists_AreArraysInSnakeCase()
    {
        await using var control = await ControlHarness.StartAsync();
        control.Node.ResourceList.Add(ControlSamples.Resource("film.mp4"));
        control.Node.PeerList.Add(ControlSamples.Peer("x"));
        control.Node.TorrentList.Add(ControlSamples.Torrent());
        foreach (var (path, member) in new[] { ("/api/v1/resources", "bytes_by_source"), ("/api/v1/peers", "have_ratio"), ("/api/v1/torrents", "total_bytes") })
        {
            using var list = JsonDocument.Parse(await TextAsync(control, path));
            Assert.True(Assert.Single(list.RootElement.EnumerateArray()).TryGetProperty(member, out _));
        }
    }

    [Fact]
    public async Task Receipts_NewestFirst_UpToTheLimit_AndOneById()
    {
        await using var control = await ControlHarness.StartAsync();
        foreach (var id in new[] { "one", "two", "three" })
        {
            control.Receipts.Add(ControlSamples.Receipt(id));
        }

        using var two = JsonDocument.Parse(await TextAsync(control, "/api/v1/receipts?limit=2"));
        Assert.Equal(["three", "two"], two.RootElement.EnumerateArray().Select(receipt => receipt.GetProperty("id").GetString()));
        using var one = JsonDocument.Parse(await TextAsync(control, "/api/v1/receipts/one"));
        Assert.Equal("swarmstream.receipt/1", one.RootElement.GetProperty("schema").GetString());
        using var none = await control.GetAsync("/api/v1/receipts/four");
        await ControlAttackTests.AssertProblemAsync(none, HttpStatusCode.NotFound, "receipt");
        using var bad = await control.GetAsync("/api/v1/receipts?limit=-1");
        await ControlAttackTests.AssertProblemAsync(bad, HttpStatusCode.BadRequest, "limit");
    }

    [Theory]
    [InlineData("https://films.example/film.mp4", 12, 40.5, 1, 28.5, HttpStatusCode.NoContent)]
    [InlineData("https://films.example/film.mp4", 12, 40, 2, 14, HttpStatusCode.NoContent)]
    [InlineData("https://films.example/film.mp4", 12, 5, 1, 0, HttpStatusCode.NoContent)]
    [InlineData("https://films.example/other.mp4", 12, 40.5, 1, 28.5, HttpStatusCode.NotFound)]
    public async Task Playhead_IsPassedOn_AsTheTimeUntilItNeedsAByte(string url, double position, double until, double rate, double ahead, HttpStatusCode expected)
    {
        await using var control = await ControlHarness.StartAsync();
        using var answer = await control.SendAsync(Playhead(control, JsonSerializer.Serialize(new { url, position_seconds = position, buffered_until_seconds = until, duration_seconds = 90, rate })));
        Assert.Equal(expected, answer.StatusCode);
        var told = Assert.Single(control.Node.Playheads);
        Assert.Equal(url, told.Url);
        Assert.Equal(ahead, told.Buffered.TotalSeconds, 3);
        Assert.Equal(90 / rate, told.PlayTime!.Value.TotalSeconds, 3);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nothing")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"url":"https://films.example/film.mp4","position_seconds":-1}""")]
    [InlineData("""{"url":"https://films.example/film.mp4","position_seconds":1e999}""")]
    [InlineData("""{"url":"https://films.example/film.mp4","duration_seconds":"long"}""")]
    [InlineData("""{"url":"https://films.example/film.mp4","rate":1e999}""")]
    public async Task Playhead_ThatIsNone_Yields422(string body)
    {
        await using var control = await ControlHarness.StartAsync();
        using var answer = await control.SendAsync(Playhead(control, body));
        await ControlAttackTests.AssertProblemAsync(answer, HttpStatusCode.UnprocessableEntity, "playhead");
        Assert.Empty(control.Node.Playheads);
    }

    [Theory]
    [InlineData(false, HttpStatusCode.Created)]
    [InlineData(true, HttpStatusCode.OK)]
    public async Task AddTorrent_HandsOverTheBytes(bool known, HttpStatusCode status)
    {
        await using var control = await ControlHarness.StartAsync();
        control.Node.AddResult = known ? AddTorrentResult.AlreadyKnown(ControlSamples.Torrent()) : AddTorrentResult.Added(ControlSamples.Torrent());
        using var request = ControlAttackTests.Torrent(control, [1, 2, 3]);
        using var response = await control.SendAsync(request);
        Assert.Equal(status, response.StatusCode);
        Assert.Equal([1, 2, 3], Assert.Single(control.Node.Added));
        using var torrent = JsonDocument.Parse(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        Assert.Equal("film.mp4", torrent.RootElement.GetProperty("files")[0].GetProperty("path").GetString());
    }

    [Fact]
    public async Task AddTorrent_Refused_IsAProblemWithTheNodesSentence()
    {
        await using var control = await ControlHarness.StartAsync();
        using var request = ControlAttackTests.Torrent(control, [1]);
        using var response = await control.SendAsync(request);
        await ControlAttackTests.AssertProblemAsync(response, HttpStatusCode.UnprocessableEntity, "torrent");
    }

    [Theory]
    [InlineData("/api/v1/cache", null)]
    [InlineData("/api/v1/cache?url=http%3A%2F%2Fa.example%2Fx%3Fy", "http://a.example/x?y")]
    public async Task Purge_OfAUrlOrOfAll_SaysHowMany(string path, string? url)
    {
        await using var control = await ControlHarness.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Delete, control.Url + path);
        request.Headers.Add("X-Swarm", "1");
        using var response = await control.SendAsync(request);
        Assert.Equal("{\"purged_urls\":1}", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(url, Assert.Single(control.Node.Purged));
    }

    [Fact]
    public async Task BeforeTheNodeRuns_TheApiSaysSo_AndHealthzAnswers()
    {
        await using var control = await ControlHarness.StartAsync(attached: false);
        foreach (var path in new[] { "/api/v1/status", "/api/v1/resources", "/api/v1/peers", "/api/v1/torrents" })
        {
            using var response = await control.GetAsync(path);
            await ControlAttackTests.AssertProblemAsync(response, HttpStatusCode.ServiceUnavailable, "starting");
        }

        Assert.Equal("ok\n", await TextAsync(control, "/healthz"));
    }

    [Fact]
    public async Task ProxyPac_ForBrowsers_NeedsNoTokenAndEndsInDirect()
    {
        await using var control = await ControlHarness.StartAsync();
        control.Client.DefaultRequestHeaders.Authorization = null;

        using var response = await control.GetAsync("/proxy.pac");

        Assert.Equal("application/x-ns-proxy-autoconfig", response.Content.Headers.ContentType?.ToString());
        var pac = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains("var PROXY = \"PROXY 127.0.0.1:7976; DIRECT\";", pac, StringComparison.Ordinal);
        Assert.Contains("var HTTPS = [\"*.example.org\", \"files.example.net\"];", pac, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenApi_DescribesExactlyTheRoutes_AndTheirMembers()
    {
        await using var control = await ControlHarness.StartAsync();
        using var document = JsonDocument.Parse(await TextAsync(control, "/api/v1/openapi.json"));
        var described = document.RootElement.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(method => $"{method.Name.ToUpperInvariant()} {path.Name}"));
        Assert.Equal(control.Routes.Order(), described.Order());

        control.Receipts.Add(ControlSamples.Receipt("one"));
        control.Node.ResourceList.Add(ControlSamples.Resource("x"));
        control.Node.PeerList.Add(ControlSamples.Peer("x"));
        control.Node.TorrentList.Add(ControlSamples.Torrent());
        var schemas = document.RootElement.GetProperty("components").GetProperty("schemas");
        AssertMembers(schemas, "Status", await TextAsync(control, "/api/v1/status"));
        AssertMembers(schemas, "Receipt", await TextAsync(control, "/api/v1/receipts/one"));
        AssertMembers(schemas, "Resource", await TextAsync(control, "/api/v1/resources"));
        control.Node.Flows["x"] = ControlSamples.Flow("x");
        AssertMembers(schemas, "Flow", await TextAsync(control, "/api/v1/resources/x/flow"));
        AssertMembers(schemas, "Peer", await TextAsync(control, "/api/v1/peers"));
        AssertMembers(schemas, "Torrent", await TextAsync(control, "/api/v1/torrents"));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("4097")]
    [InlineData("many")]
    public async Task Flow_CellsOutOfBounds_AreRefusedWithTheBounds(string cells)
    {
        await using var control = await ControlHarness.StartAsync();
        using var response = await control.GetAsync($"/api/v1/resources/x/flow?cells={cells}");
        await ControlAttackTests.AssertProblemAsync(response, HttpStatusCode.BadRequest, "cells");
    }

    [Fact]
    public async Task Flow_OfAResourceThatIsNotThere_Is404()
    {
        await using var control = await ControlHarness.StartAsync();
        using var response = await control.GetAsync("/api/v1/resources/none/flow");
        await ControlAttackTests.AssertProblemAsync(response, HttpStatusCode.NotFound, "resource");
    }

    /// <summary>Built with Node the first page is the dashboard; without, the plain page. Both need no token and hold no data.</summary>
    [Fact]
    public async Task FirstPage_IsTheDashboardWhereItWasBuilt_AndLoadsOnlyItsOwnFiles()
    {
        await using var control = await ControlHarness.StartAsync();
        control.Client.DefaultRequestHeaders.Authorization = null;
        using var page = await control.GetAsync("/");
        var html = await page.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal("text/html", page.Content.Headers.ContentType?.MediaType);
        Assert.DoesNotContain("'unsafe", Assert.Single(page.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        foreach (var path in Regex.Matches(html, "(?:src|href)=\"(/dashboard/[^\"]+)\"").Select(match => match.Groups[1].Value))
        {
            using var file = await control.GetAsync(path);
            Assert.Equal(HttpStatusCode.OK, file.StatusCode);
        }

        Assert.Equal(Dashboard.IsBuilt, html.Contains("/dashboard/app.js", StringComparison.Ordinal));
        using var none = await control.GetAsync("/dashboard/control.token");
        await ControlAttackTests.AssertProblemAsync(none, HttpStatusCode.NotFound, "file");
    }

    [Fact]
    public async Task Page_CarriesItsNonceAndNoData_AndAsksNobodyElse()
    {
        await using var control = await ControlHarness.StartAsync();
        control.Client.DefaultRequestHeaders.Authorization = null;
        control.Node.ResourceList.Add(ControlSamples.Resource("secret-name.mp4"));
        using var first = await control.GetAsync("/plain");
        using var second = await control.GetAsync("/plain");
        var page = await first.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var policy = Assert.Single(first.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'none'; script-src 'nonce-", policy, StringComparison.Ordinal);
        Assert.NotEqual(policy, Assert.Single(second.Headers.GetValues("Content-Security-Policy")));
        var nonce = policy.Split("'nonce-")[1].Split('\'')[0];
        Assert.Contains($"<script nonce=\"{nonce}\">", page, StringComparison.Ordinal);
        Assert.DoesNotContain("@NONCE@", page, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-name", page, StringComparison.Ordinal);
        Assert.DoesNotContain(control.Token, page, StringComparison.Ordinal);
        Assert.DoesNotMatch("(src|href)=\"(https?:)?//", page);
        foreach (var sink in new[] { "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(" })
        {
            Assert.DoesNotContain(sink, page, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Head_HasTheLengthAndNoBody()
    {
        await using var control = await ControlHarness.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Head, control.Url + "/healthz");
        using var response = await control.SendAsync(request);
        Assert.Equal(StatusCodes.Status200OK, (int)response.StatusCode);
        Assert.Equal(3, response.Content.Headers.ContentLength);
    }

    private static void AssertMembers(JsonElement schemas, string name, string json)
    {
        using var document = JsonDocument.Parse(json);
        var value = document.RootElement.ValueKind == JsonValueKind.Array ? document.RootElement[0] : document.RootElement;
        Assert.Equal(
            schemas.GetProperty(name).GetProperty("properties").EnumerateObject().Select(member => member.Name).Order(),
            value.EnumerateObject().Select(member => member.Name).Order());
    }

    private static async Task<string> TextAsync(ControlHarness control, string path)
    {
        using var response = await control.GetAsync(path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private static HttpRequestMessage Playhead(ControlHarness control, string body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, control.Url + "/api/v1/playhead") { Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
        request.Headers.Add(RequestGuard.MutationHeader, "1");
        return request;
    }
}
