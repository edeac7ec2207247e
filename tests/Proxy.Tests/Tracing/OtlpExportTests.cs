using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Swarm.Core;
using Swarm.Engine.Metrics;
using Swarm.Proxy.Cli;
using Swarm.Proxy.Observability;
using Swarm.Proxy.Tests.Harness;
using Swarm.Proxy.Tests.Swarmed;

namespace Swarm.Proxy.Tests.Tracing;

/// <summary>What is sent to a receiver that the user named, and that none is needed.</summary>
[Collection(nameof(AloneCollection))]
public sealed class OtlpExportTests
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";

    [Fact]
    public async Task MetricsAndTheTraceOfARange_ReachTheReceiver_WithoutUrls()
    {
        var film = Film.Make(72);
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var seed = new SeedPeer(film);
        await using var origin = new FilmOrigin(film);
        var gate = PeerBytesTests.Stall(origin, 256 << 10);
        using var metrics = new SwarmMetrics("Swarm.Test." + Guid.NewGuid().ToString("N"));
        metrics.AddReceived(SourceKind.Peer, 16384);
        using (var telemetry = new Telemetry(metrics.MeterName, At(receiver.Url)))
        {
            await using var node = await TestNode.StartAsync(new() { Peers = [seed] });
            var answer = await node.GetAsync(origin.Url, "Range: bytes=0-1999999", $"traceparent: 00-{Trace}-b7ad6b7169203331-01");
            Assert.Equal(206, answer.Status);
            var unsampled = await node.GetAsync(origin.Url, "Range: bytes=0-99", "traceparent: 00-11111111111111111111111111111111-b7ad6b7169203331-00");
            Assert.Equal(206, unsampled.Status);
            var malformed = await node.GetAsync(origin.Url, "Range: bytes=0-99", "traceparent: 00-nonsense-01");
            Assert.Equal(206, malformed.Status);
            gate.Open();
            // The end waits two seconds for a receiver, which a loaded machine may not be quick enough for.
            await Eventually.IsTrueAsync(
                () =>
                {
                    telemetry.Flush(TimeSpan.FromSeconds(30));
                    return receiver.MetricNames.Contains("swarmstream_received_bytes_total") && receiver.Spans.Any(s => s.Name == "send");
                },
                "the receiver has both");
        }

        Assert.Contains("swarmstream_received_bytes_total", receiver.MetricNames);
        Assert.Contains("service.name=swarmstream", receiver.ResourceValues);
        Assert.Contains($"service.version={BuildVersion.Version}", receiver.ResourceValues);
        var spans = receiver.Spans.Where(s => s.Trace == Trace).ToList();
        var request = Assert.Single(spans, s => s.Name == "GET");
        Assert.Equal("b7ad6b7169203331", request.Parent);
        var deliver = Assert.Single(spans, s => s.Name == "deliver");
        Assert.Equal(request.Id, deliver.Parent);
        Assert.Contains(spans, s => s.Name == "fetch" && s.Parent == deliver.Id);
        Assert.Contains(spans, s => s.Name == "send" && s.Parent == deliver.Id);
        Assert.Contains(spans, s => s.Name == "verify" && spans.Any(f => f.Name == "fetch" && f.Id == s.Parent));
        Assert.DoesNotContain(receiver.Spans, s => s.Trace.StartsWith("1111", StringComparison.Ordinal));
        Assert.Contains(receiver.Spans, s => s.Name == "GET" && s.Parent.Length == 0);
        Assert.DoesNotContain("film.mp4", receiver.AllText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NoEndpoint_MakesNoSpan()
    {
        using var telemetry = new Telemetry("Swarm.Test." + Guid.NewGuid().ToString("N"));

        Assert.False(Swarm.Engine.Tracing.SwarmTrace.Source.HasListeners());
        await using var origin = new FilmOrigin(Film.Make(72));
        await using var node = await TestNode.StartAsync();
        Assert.Equal(206, (await node.GetAsync(origin.Url, "Range: bytes=0-99")).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ReceiverThatIsDeadOrSilent_DisturbsNoRequestAndNoEnd(bool silent)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var url = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
        if (!silent)
        {
            listener.Stop();
        }

        await using var origin = new FilmOrigin(Film.Make(72));
        using (new Telemetry("Swarm.Test." + Guid.NewGuid().ToString("N"), At(url)))
        {
            await using var node = await TestNode.StartAsync();
            Assert.Equal(206, (await node.GetAsync(origin.Url, "Range: bytes=0-99")).Status);
        }

        Assert.False(Swarm.Engine.Tracing.SwarmTrace.Source.HasListeners());
    }

    // More spans than one batch: each batch has its own patience with the receiver, and the node has 5 s for all of its end.
    [Fact]
    public async Task SilentReceiver_HoldsTheEndNoLongerThanOneRequestOfIts()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var telemetry = new Telemetry("Swarm.Test." + Guid.NewGuid().ToString("N"), At($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"));
        for (var i = 0; i < 5_000; i++)
        {
            Swarm.Engine.Tracing.SwarmTrace.Source.StartActivity("fetch")?.Dispose();
        }

        var ended = Stopwatch.StartNew();
        await Task.Run(telemetry.Dispose, TestContext.Current.CancellationToken);

        Assert.InRange(ended.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(4));
    }

    [Theory]
    [InlineData("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces")]
    [InlineData(" https://otel.example.org/base/ ", "https://otel.example.org/base/v1/traces")]
    [InlineData("http://[::1]:4318/", "http://[::1]:4318/v1/traces")]
    public void Endpoint_TakesTheSignalsPaths(string text, string traces) => Assert.Equal(traces, At(text).Traces.AbsoluteUri);

    [Theory]
    [InlineData("")]
    [InlineData("localhost:4318")]
    [InlineData("grpc://127.0.0.1:4317")]
    [InlineData("http://user:secret@127.0.0.1:4318")]
    [InlineData("http://127.0.0.1:4318?x=1")]
    [InlineData("/tmp")]
    public void Endpoint_ThatIsNone_IsRefused(string text) => Assert.False(OtlpEndpoint.TryParse(text, out _));

    [Theory]
    [InlineData("http://127.0.0.1:1", null, "http://127.0.0.1:1")]
    [InlineData("http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:2")]
    [InlineData("http://127.0.0.1:1", "none", null)]
    [InlineData("", null, null)]
    public void Setting_FlagBeforeTheVariableOfAllTools(string variable, string? flag, string? endpoint)
    {
        using var cli = new CliHarness();
        cli.Variables[OtlpEndpoint.Variable] = variable;
        var flags = new Dictionary<string, IReadOnlyList<string>>();
        if (flag is not null)
        {
            flags["otlp-endpoint"] = [flag];
        }

        var surroundings = CliSettingsTests.Of(cli);
        var loaded = SettingsLoader.Load(flags, null, surroundings, NodePaths.Of(surroundings));

        Assert.Null(loaded.Problem);
        Assert.Equal(endpoint, loaded.Settings.Otlp?.ToString());
    }

    [Fact]
    public void Variable_ThatIsNoEndpoint_IsAProblemThatNamesIt()
    {
        using var cli = new CliHarness();
        cli.Variables[OtlpEndpoint.Variable] = "collector";
        var surroundings = CliSettingsTests.Of(cli);

        Assert.StartsWith(OtlpEndpoint.Variable, SettingsLoader.Load(new Dictionary<string, IReadOnlyList<string>>(), null, surroundings, NodePaths.Of(surroundings)).Problem, StringComparison.Ordinal);
    }

    private static OtlpEndpoint At(string url) => OtlpEndpoint.TryParse(url, out var endpoint) ? endpoint : throw new InvalidOperationException(url);
}
