using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Swarm.Proxy.Observability;
using Swarm.Proxy.Tests.Harness;
using Swarm.Proxy.Tests.Swarmed;

namespace Swarm.Proxy.Tests.Tracing;

/// <summary>One request of a client is one trace: from its field to the sockets that its blocks came by.</summary>
public sealed class RequestTraceTests
{
    private static readonly Film Film = Film.Make(71);

    [Fact]
    public async Task Range_WithTraceparent_IsOneTraceFromTheClientToBlocksAndSockets()
    {
        using var caught = new SpanCatcher();
        await using var seed = new SeedPeer(Film);
        await using var origin = new FilmOrigin(Film);
        var gate = PeerBytesTests.Stall(origin, 512 << 10);
        await using var node = await TestNode.StartAsync(new() { Peers = [seed] });

        var answer = await node.GetAsync(origin.Url, "Range: bytes=0-2899999", caught.Field);
        gate.Open();
        await Eventually.IsTrueAsync(() => caught.Spans.Any(s => s.Kind == ActivityKind.Server), "the request's span ends");

        Assert.Equal(206, answer.Status);
        PermissionTests.AssertBytes(Film.Bytes, 0, answer.Body, 2_900_000);
        var request = caught.One("GET");
        Assert.Equal(caught.ClientSpan, request.ParentSpanId);
        Assert.Equal(206, request.GetTagItem("http.response.status_code"));

        var permission = caught.One("permission");
        Assert.Equal(request.SpanId, permission.ParentSpanId);
        Assert.Equal(origin.Port, permission.GetTagItem("network.peer.port"));
        Assert.InRange((int)permission.GetTagItem("network.local.port")!, 1, 65535);

        var deliver = caught.One("deliver");
        Assert.Equal(request.SpanId, deliver.ParentSpanId);
        Assert.Equal(answer.Body.Length, Convert.ToInt32(deliver.GetTagItem("swarm.bytes"), System.Globalization.CultureInfo.InvariantCulture));
        Assert.True((long)deliver.GetTagItem("swarm.bytes.peer")! > 0);
        Assert.EndsWith((string)deliver.GetTagItem("swarm.receipt")!, answer.Field("Swarm-Receipt"), StringComparison.Ordinal);

        var fetches = caught.Spans.Where(s => s.OperationName == "fetch" && (string?)s.GetTagItem("swarm.source") == "peer").ToList();
        Assert.NotEmpty(fetches);
        Assert.All(fetches, fetch =>
        {
            Assert.Equal(deliver.SpanId, fetch.ParentSpanId);
            Assert.Equal(seed.Host, fetch.GetTagItem("network.peer.address"));
            Assert.Equal(seed.Port, fetch.GetTagItem("network.peer.port"));
            Assert.InRange((int)fetch.GetTagItem("network.local.port")!, 1, 65535);
        });
        Assert.Contains(fetches, f => (int)f.GetTagItem("swarm.block.verified")! > 0 && caught.Spans.Any(s => s.OperationName == "verify" && s.ParentSpanId == f.SpanId));

        var send = caught.One("send");
        Assert.Equal(deliver.SpanId, send.ParentSpanId);
        Assert.Equal("Complete", send.GetTagItem("swarm.send.end"));
        Assert.All(caught.Spans, s => Assert.True(s.Duration >= TimeSpan.Zero && s.TraceId == caught.TraceId));

        // Nothing of what was asked for: no path, no query, no field.
        Assert.DoesNotContain(caught.Spans, s => s.TagObjects.Any(t => t.Value?.ToString()?.Contains("film", StringComparison.Ordinal) == true));
    }

    [Theory]
    [InlineData("PROPFIND", "vendor=1", "HTTP", "_OTHER", "vendor=1")]
    [InlineData("POST", "", "POST", "POST", null)]
    [InlineData("get", "longest", "HTTP", "_OTHER", null)]
    public void WhatAClientMayChooseFreely_IsNeitherANameNorLong(string method, string state, string name, string tag, string? kept)
    {
        using var caught = new SpanCatcher();
        var context = new DefaultHttpContext();
        context.Request.Method = method;
        context.Request.Headers.TraceParent = caught.Field["traceparent: ".Length..];
        context.Request.Headers.TraceState = state == "longest" ? "a=" + new string('x', 30_000) : state;

        RequestTrace.Begin(context)?.Dispose();

        var span = caught.One(name);
        Assert.Equal(tag, span.GetTagItem("http.request.method"));
        Assert.Equal(kept, span.TraceStateString);
        Assert.Equal(caught.ClientSpan, span.ParentSpanId);
    }

    [Fact]
    public async Task SecondRange_OfTheSameFilm_HangsFromItsOwnRequest()
    {
        // What nobody asked for yet would be fetched ahead, for no trace: the peer gives nothing before the second range is here.
        var choke = new Gate();
        await using var seed = new SeedPeer(Film, new() { BeforeUnchoke = choke.PassAsync });
        await using var origin = new FilmOrigin(Film);
        await using var node = await TestNode.StartAsync(new() { Peers = [seed] });
        using var first = new SpanCatcher();
        await node.GetAsync(origin.Url, "Range: bytes=0-999999", first.Field);
        var gate = PeerBytesTests.Stall(origin, 1_256_000);
        using var second = new SpanCatcher();

        var answering = node.GetAsync(origin.Url, "Range: bytes=1000000-2999999", second.Field);
        await gate.Reached;
        choke.Open();
        var answer = await answering;
        gate.Open();
        await Eventually.IsTrueAsync(() => second.Spans.Any(s => s.Kind == ActivityKind.Server), "the request's span ends");

        Assert.Equal(206, answer.Status);
        var deliver = second.One("deliver");
        Assert.Contains(second.Spans, s => s.OperationName == "fetch" && (string?)s.GetTagItem("swarm.source") == "peer");
        Assert.All(second.Spans.Where(s => s.OperationName == "fetch"), f => Assert.Equal(deliver.SpanId, f.ParentSpanId));
        Assert.All(second.Spans, s => Assert.Equal(second.TraceId, s.TraceId));
        Assert.Equal(second.ClientSpan, second.One("GET").ParentSpanId);
    }

    [Fact]
    public async Task Request_OfAClientThatDoesNotTrace_SendsNoFieldOfOursToTheOrigin()
    {
        using var caught = new SpanCatcher();
        await using var origin = new FilmOrigin(Film);
        await using var node = await TestNode.StartAsync();

        await node.GetAsync(origin.Url, "Range: bytes=0-99999");
        await node.GetAsync(origin.Url, "Range: bytes=0-99999", caught.Field);

        var sent = origin.Requests.Select(r => r.Field("traceparent")).ToList();
        Assert.Null(sent[0]);
        // The client's own passes as it came; a span of ours is in none.
        Assert.All(sent.OfType<string>(), field => Assert.Equal(caught.Field, "traceparent: " + field));
    }
}
