using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Engine.Metrics;
using Swarm.Engine.Receipts;
using Swarm.Proxy.Cli;
using Swarm.Proxy.Control;

namespace Swarm.Proxy.Tests;

/// <summary>A control listener over a node that shows what a test puts into it.</summary>
internal sealed class ControlHarness : IAsyncDisposable
{
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("swarmstream-test-");
    private ControlPlane _plane = null!;

    private ControlHarness(TimeProvider time, SwarmMetrics metrics)
    {
        Time = time;
        Metrics = metrics;
    }

    public FakeNode Node { get; } = new();
    public TimeProvider Time { get; }
    public SwarmMetrics Metrics { get; }
    public ReceiptStore Receipts { get; } = ReceiptStore.Open(null);
    public NodeEventHub Events { get; } = new();
    public string Token { get; private set; } = "";
    public IPEndPoint EndPoint => _plane.EndPoint;
    public string Url => _plane.Url;
    public IEnumerable<string> Routes => _plane.Routes;
    public HttpClient Client { get; } = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false });

    public static async Task<ControlHarness> StartAsync(bool attached = true, TimeProvider? time = null)
    {
        var metrics = new SwarmMetrics("Swarm.Test." + Guid.NewGuid().ToString("N"));
        var harness = new ControlHarness(time ?? TimeProvider.System, metrics);
        var token = ControlToken.LoadOrCreate(harness._state.FullName);
        harness.Token = token.Text;
        var facts = new NodeFacts(new ProxySettings { SwarmHosts = ["a.example"] }, harness.Time, metrics, harness.Receipts, harness.Events, () => Swarm.Proxy.Interception.InterceptedHosts.TryParse(["files.example.net", "*.example.org"], out var opened, out _) ? opened : null);
        var started = await ControlPlane.StartAsync(
            new ControlOptions(new IPEndPoint(IPAddress.Loopback, 0), token, facts, harness.Time, NullLoggerFactory.Instance, metrics.MeterName),
            TestContext.Current.CancellationToken);
        harness._plane = started.Part!;
        if (attached)
        {
            facts.Attach(harness.Node, new IPEndPoint(IPAddress.Loopback, 7976), harness.EndPoint, null);
        }

        harness.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.Text);
        return harness;
    }

    public Task<HttpResponseMessage> GetAsync(string path) => Client.GetAsync(new Uri(Url + path), TestContext.Current.CancellationToken);

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request) => Client.SendAsync(request, TestContext.Current.CancellationToken);

    /// <summary>A request as an attacker writes it, byte for byte; the whole answer as text.</summary>
    /// <param name="cut">End the sending side: for a request whose body stops early.</param>
    public async Task<string> RawAsync(string request, bool cut = false)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(EndPoint, TestContext.Current.CancellationToken);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request.ReplaceLineEndings("\r\n")), TestContext.Current.CancellationToken);
        if (cut)
        {
            client.Client.Shutdown(SocketShutdown.Send);
        }

        var answer = new MemoryStream();
        var buffer = new byte[4096];
        try
        {
            while (await stream.ReadAsync(buffer, TestContext.Current.CancellationToken) is > 0 and var read)
            {
                answer.Write(buffer, 0, read);
            }
        }
        catch (IOException)
        {
            // A listener that refuses a body it did not read resets; what came before counts.
        }

        return Encoding.UTF8.GetString(answer.ToArray());
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _plane.DisposeAsync();
        await Receipts.DisposeAsync();
        Metrics.Dispose();
        _state.Delete(recursive: true);
    }
}
