using System.Net;
using System.Text.Json;

namespace Swarm.Diagnostics.Verbs.Tests;

/// <summary><c>serve</c>: loopback, the API behind a token, metrics without names.</summary>
public sealed class ServeVerbTests
{
    [Theory]
    [InlineData("0.0.0.0:7978")]
    [InlineData("192.0.2.1:80")]
    [InlineData("here")]
    public async Task OnlyLoopbackIsListenedOn(string address)
    {
        using var cli = new VerbHarness();
        Assert.Equal(2, await cli.RunAsync("serve", "--listen", address));
        Assert.Contains("is no loopback address", cli.ErrorLines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Api_NeedsTheToken_AndMetricsNameNobody()
    {
        var ready = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var cli = new VerbHarness { OnLine = line => _ = line.StartsWith("READY api=", StringComparison.Ordinal) && ready.TrySetResult(line["READY api=".Length..]) };
        var serving = cli.RunAsync(Samples.IdleReader(), "serve", "--listen", "127.0.0.1:0");
        var url = await ready.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        using var http = new HttpClient { BaseAddress = new Uri(url) };
        var cancel = TestContext.Current.CancellationToken;
        Assert.Equal("ok\n", await http.GetStringAsync("/healthz", cancel));
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync("/api/v1/tcp", cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await http.PostAsync("/api/v1/tcp", null, cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/x", cancel)).StatusCode);
        var metrics = await http.GetStringAsync("/metrics", cancel);
        Assert.Contains("swarmstream_tcp_connections ", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0", metrics, StringComparison.Ordinal);
        foreach (var name in AlertMetrics())
        {
            Assert.Contains(name, metrics, StringComparison.Ordinal);
        }

        var token = cli.ErrorLines.Single(l => l.StartsWith("curl ", StringComparison.Ordinal)).Split('\'')[1]["Authorization: ".Length..];
        http.DefaultRequestHeaders.Add("Authorization", token);
        using var json = JsonDocument.Parse(await http.GetStringAsync("/api/v1/tcp", cancel));
        Assert.Equal(Samples.Local.Port, json.RootElement.GetProperty("connections")[0].GetProperty("local_port").GetInt32());
        http.DefaultRequestHeaders.Host = "evil.example";
        Assert.NotEqual(HttpStatusCode.OK, (await http.GetAsync("/api/v1/tcp", cancel)).StatusCode);
        await cli.Stop.CancelAsync();
        Assert.Equal(0, await serving);
    }

    /// <summary>The names of metrics that the example alert rules ask for.</summary>
    private static List<string> AlertMetrics()
    {
        var rules = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "alerts.yml"));
        var names = System.Text.RegularExpressions.Regex.Matches(rules, "swarmstream_tcp_[a-z_]+").Select(m => m.Value).Distinct().ToList();
        Assert.True(names.Count >= 5);
        return names;
    }
}
