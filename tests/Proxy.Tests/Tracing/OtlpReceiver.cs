using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Swarm.Proxy.Tests.Tracing;

/// <summary>An OTLP receiver on loopback: takes what is posted, and reads it as the protocol's messages say.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<(string Path, byte[] Body)> _posted = new();

    private OtlpReceiver(WebApplication app) => _app = app;

    public string Url { get; private set; } = "";

    public IEnumerable<string> Paths => _posted.Select(p => p.Path);

    /// <summary>ExportTraceServiceRequest → ResourceSpans → ScopeSpans → Span.</summary>
    public IReadOnlyList<SentSpan> Spans => [.. Requests("/v1/traces").SelectMany(r => r.Messages(1)).SelectMany(r => r.Messages(2)).SelectMany(s => s.Messages(2))
        .Select(s => new SentSpan(s.Hex(1), s.Hex(2), s.Hex(4), s.Text(5)))];

    /// <summary>ExportMetricsServiceRequest → ResourceMetrics → ScopeMetrics → Metric.name.</summary>
    public IReadOnlySet<string> MetricNames => Requests("/v1/metrics").SelectMany(r => r.Messages(1)).SelectMany(r => r.Messages(2)).SelectMany(s => s.Messages(2))
        .Select(m => m.Text(1)).ToHashSet();

    /// <summary>Resource attributes that are strings, of everything that came.</summary>
    public IReadOnlySet<string> ResourceValues => Requests("/v1/").SelectMany(r => r.Messages(1)).SelectMany(r => r.Messages(1)).SelectMany(r => r.Messages(1))
        .Select(kv => $"{kv.Text(1)}={kv.Messages(2).First().Text(1)}").ToHashSet();

    public string AllText => string.Concat(_posted.Select(p => System.Text.Encoding.Latin1.GetString(p.Body)));

    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var receiver = new OtlpReceiver(app);
        app.Run(receiver.TakeAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        receiver.Url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        Assert.Equal("application/x-protobuf", context.Request.ContentType);
        _posted.Enqueue((context.Request.Path.Value!, body.ToArray()));
    }

    private IEnumerable<ProtobufFields> Requests(string path) => _posted.Where(p => p.Path.StartsWith(path, StringComparison.Ordinal)).Select(p => new ProtobufFields(p.Body));
}

/// <summary>A span as it was sent, in hex; the parent is empty for a trace's first.</summary>
internal sealed record SentSpan(string Trace, string Id, string Parent, string Name);
