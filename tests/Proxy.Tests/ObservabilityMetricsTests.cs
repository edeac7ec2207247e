using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Text;
using Swarm.Core;
using Swarm.Engine.Metrics;
using Swarm.Proxy.Observability;
using Swarm.Testing;

namespace Swarm.Proxy.Tests;

/// <summary>What a scrape says, and that Prometheus takes it.</summary>
[Collection(nameof(AloneCollection))]
public sealed class ObservabilityMetricsTests
{
    [Fact]
    public async Task Metrics_HasTheNamesOfTheContract_FromTheStart()
    {
        await using var control = await ControlHarness.StartAsync();
        control.Client.DefaultRequestHeaders.Authorization = null;
        control.Metrics.ObservePeers(() => new PeerCounts(1, 2, 3, 4));
        control.Metrics.AddReceived(SourceKind.Peer, 16384);
        control.Metrics.AddReceived(SourceKind.Peer, 16384);
        control.Metrics.AddSentToPeer(5);
        using var response = await control.GetAsync("/metrics");
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        var lines = (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Split('\n');
        foreach (var expected in new[]
        {
            "swarmstream_received_bytes_total{source=\"origin\"} 0",
            "swarmstream_received_bytes_total{source=\"mirror\"} 0",
            "swarmstream_received_bytes_total{source=\"webseed\"} 0",
            "swarmstream_received_bytes_total{source=\"peer\"} 32768",
            "swarmstream_duplicate_bytes_total 0",
            "swarmstream_rejected_bytes_total 0",
            "swarmstream_sent_bytes_total{to=\"client\"} 0",
            "swarmstream_sent_bytes_total{to=\"peer\"} 5",
            "swarmstream_stalls_total 0",
            "swarmstream_peers{state=\"connecting\"} 1",
            "swarmstream_peers{state=\"choked\"} 2",
            "swarmstream_peers{state=\"unchoked\"} 3",
            "swarmstream_peers{state=\"banned\"} 4",
            "# TYPE swarmstream_received_bytes_total counter",
            "# TYPE swarmstream_peers gauge",
        })
        {
            Assert.Contains(expected, lines);
        }

        Assert.DoesNotContain(lines, line => line.Contains("\"store\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Metrics_AreCleanUnderPromtool_AndNameNoHost()
    {
        await using var control = await ControlHarness.StartAsync();
        using (await control.GetAsync("/api/v1/status"))
        {
            // A request of HttpClient: the framework's meters have samples with server addresses now.
        }

        using var response = await control.GetAsync("/metrics");
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains("http_client_request_duration_seconds_bucket", text, StringComparison.Ordinal);
        Assert.Contains("kestrel_active_connections", text, StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0.1", text, StringComparison.Ordinal);
        Assert.DoesNotContain("address", text, StringComparison.Ordinal);
        Assert.Equal("", await PromtoolAsync(text));
    }

    [Fact]
    public async Task BuildInfo_StaysWhenAnotherNodeOfTheProcessEnds()
    {
        await using var control = await ControlHarness.StartAsync();
        await using (var other = await ControlHarness.StartAsync())
        {
            using var answer = await other.GetAsync("/metrics");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        for (var scrape = 0; scrape < 2; scrape++)
        {
            // The SDK forgets the instruments of a meter that ended at the scrape after.
            using var response = await control.GetAsync("/metrics");
            Assert.Contains("swarmstream_build_info{", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task AwkwardInstruments_AreEscapedRenamedAndCumulative()
    {
        var name = "Swarm.Test." + Guid.NewGuid().ToString("N");
        using var meter = new Meter(name);
        using var telemetry = new Telemetry(name);
        var counter = meter.CreateCounter<long>("odd.name-x", "By", "Help with \\ and\nbreak.");
        counter.Add(3, new KeyValuePair<string, object?>("label.x", "quote \" back \\ line\nend"), new KeyValuePair<string, object?>("flag", true));
        var histogram = meter.CreateHistogram<double>(
            "wait", "s", "Waits.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.5, 1] });
        histogram.Record(0.25);
        histogram.Record(0.75);
        histogram.Record(5);
        meter.CreateObservableGauge("pool.count", () => double.PositiveInfinity, null, "A gauge that ends in count.");
        var text = telemetry.Scrape()!;
        var lines = text.Split('\n');
        foreach (var expected in new[]
        {
            "# HELP odd_name_x_bytes_total Help with \\\\ and\\nbreak.",
            "odd_name_x_bytes_total{flag=\"true\",label_x=\"quote \\\" back \\\\ line\\nend\"} 3",
            "# TYPE wait_seconds histogram",
            "wait_seconds_bucket{le=\"0.5\"} 1",
            "wait_seconds_bucket{le=\"1\"} 2",
            "wait_seconds_bucket{le=\"+Inf\"} 3",
            "wait_seconds_sum 6",
            "wait_seconds_count 3",
            "# TYPE pool gauge",
            "pool +Inf",
        })
        {
            Assert.Contains(expected, lines);
        }

        Assert.Equal("", await PromtoolAsync(text));
    }

    [Theory]
    [InlineData("swarmstream_received_bytes_total", "By", "counter", "swarmstream_received_bytes_total")]
    [InlineData("http.client.request.duration", "s", "histogram", "http_client_request_duration_seconds")]
    [InlineData("dotnet.gc.collections", "{collection}", "counter", "dotnet_gc_collections_total")]
    [InlineData("dotnet.process.cpu.count", "{cpu}", "gauge", "dotnet_process_cpu")]
    [InlineData("9lives", "", "gauge", "_9lives")]
    public void Name_IsWhatPrometheusTakes(string instrument, string unit, string type, string name) =>
        Assert.Equal(name, PrometheusText.NameOf(instrument, unit, type));

    [Fact]
    public void Add_AllocatesNothing()
    {
        using var metrics = new SwarmMetrics("Swarm.Test." + Guid.NewGuid().ToString("N"));
        Assert.Equal(0, Allocated.Bytes(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                metrics.AddReceived(SourceKind.Peer, 16384);
                metrics.AddSentToClient(16384);
            }
        }));
    }

    /// <summary>What <c>promtool check metrics</c> has to say; nothing when all is well.</summary>
    private static async Task<string> PromtoolAsync(string metrics)
    {
        Process? process;
        try
        {
            process = Process.Start(new ProcessStartInfo("promtool", ["check", "metrics"])
            {
                RedirectStandardInput = true,
                RedirectStandardError = true,
                RedirectStandardOutput = true,
                StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new InvalidOperationException("promtool is missing: it is in Debian's package 'prometheus' (apt-get install prometheus).");
        }

        using (process!)
        {
            await process!.StandardInput.WriteAsync(metrics);
            process.StandardInput.Close();
            var said = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken)
                + await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            return process.ExitCode == 0 ? said : said + $"(exit {process.ExitCode})";
        }
    }
}
