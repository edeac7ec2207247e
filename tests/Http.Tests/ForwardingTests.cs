namespace Swarm.Http.Tests;

/// <summary>RFC 9110 §7.6.1, §7.6.3; RFC 9211; RFC 9209; the gateway's field rules.</summary>
public sealed class ForwardingTests
{
    [Fact]
    public void HopByHop_KnownAndNamedFields_AreRemoved()
    {
        var message = GoldenTable.Fields(
            "Connection: close, X-Secret;;connection: X-Hop;;X-Secret: 1;;x-hop: 2;;Keep-Alive: timeout=5;;Proxy-Connection: x;;TE: trailers;;Trailer: Foo;;" +
            "Transfer-Encoding: chunked;;Upgrade: h2c;;Proxy-Authorization: Basic x;;Proxy-Authenticate: Basic;;Accept: */*");
        Assert.Equal("Accept: */*", HopByHop.Remove(message).ToString());
    }

    [Theory]
    [InlineData("Host")]
    [InlineData("Content-Length")]
    [InlineData("Cache-Control")]
    [InlineData("Authorization")]
    [InlineData("cookie")]
    [InlineData("Range")]
    [InlineData("If-None-Match")]
    [InlineData("ETag")]
    [InlineData("Vary")]
    [InlineData("Access-Control-Allow-Origin")]
    [InlineData("Sec-Fetch-Site")]
    public void HopByHop_ConnectionCannotTakeAway(string name)
    {
        var message = new HttpFields { { "Connection", $"keep-alive, {name}" }, { name, "x" } };
        Assert.Equal($"{name}: x", HopByHop.Remove(message).ToString());
    }

    [Fact]
    public void HopByHop_AnyConnectionValue_NeverThrows() =>
        Attack.Survives(text => Assert.True(HopByHop.Remove(new() { { "Connection", text }, { "Host", "a" } }).Has("Host")));

    [Theory]
    [InlineData(null, "1.1 node")]
    [InlineData("", "1.1 node")]
    [InlineData("1.0 a", "1.0 a, 1.1 node")]
    public void Via_Appended(string? before, string after) => Assert.Equal(after, Via.Append(before, "1.1", "node"));

    [Theory]
    [InlineData("1.1 node", true)]
    [InlineData("1.0 a, 1.1 NODE (comment)", true)]
    [InlineData("HTTP/1.1 node(x)", true)]
    [InlineData("1.1 a (x, y), 1.1 node", true)]
    [InlineData("1.1 a (un\\)closed (nested, x)), 1.1 node", true)]
    [InlineData("1.1 a (never closed, 1.1 node", true)]
    [InlineData("1.1\tnode", true)]
    [InlineData("1.1 node2", false)]
    [InlineData("1.1 a (node)", false)]
    [InlineData("1.1 a (b, 1.1 node)", false)]
    [InlineData("node 1.1", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void Via_Loop(string? value, bool loop) => Assert.Equal(loop, Via.IsLoop(value, "node"));

    [Fact]
    public void Via_TooManyHops_IsALoop()
    {
        var hops = string.Join(", ", Enumerable.Range(0, Via.MaxHops).Select(i => $"1.1 p{i}"));
        Assert.False(Via.IsLoop(hops, "node"));
        Assert.True(Via.IsLoop(hops + ", 1.1 x", "node"));
    }

    [Fact]
    public void Via_AnyText_NeverThrows_AndOwnNameIsFound() =>
        Attack.Survives(text => Assert.True(Via.IsLoop(Via.Append(text, "1.1", "node"), "node"), text));

    [Fact]
    public void CacheStatus_Members()
    {
        Assert.Equal("swarm; hit", new CacheStatus { Hit = true }.Format("swarm"));
        Assert.Equal("swarm; hit; ttl=-5", new CacheStatus { Hit = true, Forward = CacheForward.Stale, TtlSeconds = -5 }.Format("swarm"));
        Assert.Equal(
            "swarm; fwd=uri-miss; fwd-status=200; stored; collapsed; detail=\"78 % \\\"peers\\\" ?\"",
            new CacheStatus { Forward = CacheForward.UriMiss, ForwardStatus = 200, Stored = true, Collapsed = true, Detail = "78 % \"peers\" \n" }.Format("swarm"));
        Assert.Equal("\"my cache\"; fwd=partial", new CacheStatus { Forward = CacheForward.Partial }.Format("my cache"));
        Assert.Equal("\"1node\"", new CacheStatus().Format("1node"));
    }

    [Fact]
    public void ProxyStatus_Members()
    {
        Assert.Equal("swarm; error=connection_timeout", new ProxyStatus(ProxyError.ConnectionTimeout).Format("swarm"));
        Assert.Equal(
            "swarm; error=http_response_incomplete; next-hop=\"origin.example\"; received-status=206; details=\"12 of 20 bytes\"",
            new ProxyStatus(ProxyError.HttpResponseIncomplete, "12 of 20 bytes", 206, "origin.example").Format("swarm"));
    }

    [Fact]
    public void ProxyError_EveryType_HasANameOfItsOwnAndAnErrorStatus()
    {
        var errors = Enum.GetValues<ProxyError>().Where(e => e != ProxyError.None).ToList();
        Assert.Equal(errors.Count, errors.Select(e => e.Token()).Distinct().Count());
        Assert.All(errors, e => Assert.Equal(e.ToString().ToLowerInvariant(), e.Token().Replace("_", "", StringComparison.Ordinal)));
        Assert.All(errors, e => Assert.InRange(e.Status(), 400, 599));
    }

    [Fact]
    public void Gateway_Response_IsSandboxed_AndSpeaksForNoOrigin()
    {
        var origin = GoldenTable.Fields(
            "Content-Type: video/mp4;;ETag: \"a\";;Set-Cookie: a=b;;Service-Worker-Allowed: /;;Clear-Site-Data: \"*\";;Strict-Transport-Security: max-age=1;;Alt-Svc: h3;;" +
            "Refresh: 0;;NEL: {};;Report-To: {};;Content-Security-Policy: default-src *;;Access-Control-Allow-Origin: *;;Access-Control-Allow-Credentials: true;;" +
            "Connection: X-A;;X-A: 1;;Cross-Origin-Resource-Policy: cross-origin");
        Assert.Equal(
            "Content-Type: video/mp4\nETag: \"a\"\nContent-Security-Policy: sandbox; default-src 'none'\nX-Content-Type-Options: nosniff\nCross-Origin-Resource-Policy: same-origin",
            GatewayHeaders.Response(origin, false, "https://page.example").ToString());
    }

    [Theory]
    [InlineData("*", "https://page.example", "*")]
    [InlineData("https://page.example", "https://page.example", "https://page.example")]
    [InlineData("https://other.example", "https://page.example", null)]
    [InlineData(null, "https://page.example", null)]
    [InlineData("*", null, null)]
    public void Gateway_WithACapability_GrantsWhatTheOriginGranted(string? granted, string? page, string? expected)
    {
        var origin = new HttpFields();
        if (granted is not null)
        {
            origin.Add("Access-Control-Allow-Origin", granted);
        }

        var fields = GatewayHeaders.Response(origin, true, page);
        Assert.Equal(expected, fields.First("Access-Control-Allow-Origin"));
        Assert.Equal("cross-origin", fields.First("Cross-Origin-Resource-Policy"));
        Assert.False(fields.Has("Access-Control-Allow-Credentials"));
        Assert.Equal(expected is not (null or "*"), fields.Has("Vary"));
    }

    [Theory]
    [InlineData("Cookie: a;;Authorization: b;;Range: bytes=0-1", "Cookie: a;;Authorization: b;;Range: bytes=0-1")] // a tool's own
    [InlineData("Cookie: a;;Authorization: b;;Sec-Fetch-Mode: cors;;Range: bytes=0-1", "Sec-Fetch-Mode: cors;;Range: bytes=0-1")]
    [InlineData("Cookie: a;;Origin: https://p;;Referer: http://127.0.0.1/gateway/~T/x", "Origin: https://p")]
    [InlineData("Connection: Sec-Fetch-Mode;;Sec-Fetch-Mode: cors;;Cookie: a", "Sec-Fetch-Mode: cors")]
    public void Gateway_Request_CarriesNothingABrowserAddedForLoopback(string fields, string expected) =>
        Assert.Equal(expected, GatewayHeaders.Request(GoldenTable.Fields(fields)).ToString().Replace("\n", ";;", StringComparison.Ordinal));

    [Theory]
    [InlineData(100, false)] // answers an Expect, which is not the origin's business here
    [InlineData(101, false)] // changes the protocol
    [InlineData(102, true)]
    [InlineData(103, true)]
    [InlineData(199, true)]
    [InlineData(200, false)]
    public void Interim_IsRelayed_ByItsStatus(int status, bool relayed) => Assert.Equal(relayed, InterimAnswer.IsRelayed(status));

    [Fact]
    public void Trailers_ThatFrameRouteOrAuthenticate_AreNotRelayed() // RFC 9110 §6.5.1
    {
        var relayed = TrailerFields.Relayed(new()
        {
            { "Transfer-Encoding", "chunked" }, { "Content-Length", "5" }, { "Host", "x" }, { "Authorization", "Basic eA==" }, { "Set-Cookie", "a=b" }, { "Cache-Control", "public" },
            { "Content-Type", "text/html" }, { "Connection", "X-Hop" }, { "X-Hop", "1" }, { "Access-Control-Allow-Origin", "*" }, { "X-Split", "a\rb" }, { "Bad Name", "1" },
            { "X-Sum", "42" }, { "Content-Digest", "sha-256=:eA==:" },
        });

        Assert.Equal(["X-Sum", "Content-Digest"], relayed.Select(f => f.Name));
    }
}
