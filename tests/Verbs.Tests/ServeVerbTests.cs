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
    [InlineData("[::1]:0")]
    public async Task OnlyLoopbackIsListenedOn(string address)
    {
        using var cli = new VerbHarness();
        Assert.Equal(2, await cli.RunAsync("serve", "--listen", address));
        Assert.Contains("is no loopback address", cli.ErrorLines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task TakenPort_IsSaidToBe()
    {
        using var other = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        other.Start();
        using var cli = new VerbHarness();
        Assert.Equal(1, await cli.RunAsync(Samples.IdleReader(), "serve", "--listen", $"{other.LocalEndpoint}"));
        Assert.Contains("Address already in use", cli.ErrorLines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task For_EndsIt()
    {
        using var cli = new VerbHarness();
        var serving = cli.RunAsync(Samples.IdleReader(), "serve", "--listen", "127.0.0.1:0", "--for", "1s");
        Assert.Equal(0, await serving.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        Assert.False(cli.Stop.IsCancellationRequested);
    }

    [Fact]
    public async Task Api_NeedsTheToken_AndMetricsNameNobody()
    {
        using var served = await Served.StartAsync();
        var (cli, http, cancel) = (served.Cli, served.Http, TestContext.Current.CancellationToken);
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
        await served.EndsWellAsync();
    }

    [Fact]
    public async Task Page_HoldsNoData_AndRecordingsAreJudgedForTheTokenAlone()
    {
        using var served = await Served.StartAsync();
        var (cli, http, cancel) = (served.Cli, served.Http, TestContext.Current.CancellationToken);
        var page = await http.GetAsync("/", cancel);
        Assert.Equal((HttpStatusCode.OK, "text/html"), (page.StatusCode, page.Content.Headers.ContentType?.MediaType));
        Assert.StartsWith("default-src 'none'", Assert.Single(page.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        var html = await page.Content.ReadAsStringAsync(cancel);
        var token = cli.ErrorLines.Single(l => l.StartsWith("Dashboard: ", StringComparison.Ordinal)).Split('#')[1];
        Assert.StartsWith($"{http.BaseAddress}#", cli.ErrorLines.Single(l => l.StartsWith("Dashboard: ", StringComparison.Ordinal)).Split(' ')[^1], StringComparison.Ordinal);
        Assert.DoesNotContain(token, html, StringComparison.Ordinal);
        Assert.DoesNotContain($"{Samples.Local.Port}", html, StringComparison.Ordinal);
        foreach (var file in System.Text.RegularExpressions.Regex.Matches(html, "/dashboard/[a-z.]+").Select(m => m.Value))
        {
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(file, cancel)).StatusCode);
        }

        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/dashboard/../x", cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.PostAsync("/api/v1/tcp/recording", new ByteArrayContent([1]), cancel)).StatusCode);

        http.DefaultRequestHeaders.Add("Authorization", $"Bearer {token}");
        using var none = JsonDocument.Parse(await http.GetStringAsync("/api/v1/tcp?limit=0", cancel));
        Assert.Equal(0, none.RootElement.GetProperty("connections").GetArrayLength());
        Assert.True(none.RootElement.GetProperty("connection_count").GetInt32() > 0);
        Assert.True(none.RootElement.GetProperty("collapse_histogram").GetProperty("counts").GetArrayLength() > 0);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await http.GetAsync("/api/v1/tcp?limit=-1", cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await http.PostAsync("/api/v1/tcp/recording", new ByteArrayContent([1]), cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await http.PostAsync("/api/v1/tcp/recording", new ByteArrayContent(new byte[(10 << 20) + 1]), cancel)).StatusCode);

        using var recorder = new VerbHarness();
        Assert.Equal(0, await recorder.RunAsync(Samples.IdleReader(), "record", "idle.swd", "--for", "1s"));
        var judged = await http.PostAsync("/api/v1/tcp/recording", new ByteArrayContent(await File.ReadAllBytesAsync(Path.Combine(recorder.Root, "idle.swd"), cancel)), cancel);
        using var json = JsonDocument.Parse(await judged.Content.ReadAsStringAsync(cancel));
        Assert.Equal(Samples.Local.Port, json.RootElement.GetProperty("connections")[0].GetProperty("local_port").GetInt32());
        await served.EndsWellAsync();
    }

    /// <summary>The names of metrics that the example alert rules ask for.</summary>
    private static List<string> AlertMetrics()
    {
        var rules = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "alerts.yml"));
        var names = System.Text.RegularExpressions.Regex.Matches(rules, "swarmstream_tcp_[a-z_]+").Select(m => m.Value).Distinct().ToList();
        Assert.True(names.Count >= 5);
        return names;
    }

    /// <summary>The verb while it serves, and who asks it.</summary>
    private sealed class Served : IDisposable
    {
        private readonly TaskCompletionSource<string> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Task<int> _serving;

        private Served()
        {
            Cli = new() { OnLine = line => _ = line.StartsWith("READY api=", StringComparison.Ordinal) && _ready.TrySetResult(line["READY api=".Length..]) };
            _serving = Cli.RunAsync(Samples.IdleReader(), "serve", "--listen", "127.0.0.1:0");
        }

        public VerbHarness Cli { get; }

        public HttpClient Http { get; } = new();

        public static async Task<Served> StartAsync()
        {
            var served = new Served();
            served.Http.BaseAddress = new(await served._ready.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
            return served;
        }

        public async Task EndsWellAsync()
        {
            await Cli.Stop.CancelAsync();
            Assert.Equal(0, await _serving);
        }

        public void Dispose()
        {
            Http.Dispose();
            Cli.Dispose();
        }
    }
}
