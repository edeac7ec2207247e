using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using Swarm.Lab.Harness.Network;

namespace Swarm.Lab.Harness;

/// <summary>
/// The program under test, as a user starts it: from its built file, watched only through what the contract promises
/// (READY line, control API, receipts, metrics).
/// </summary>
public sealed partial class SwarmstreamNode : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ReceiptLimit = TimeSpan.FromSeconds(10);

    private const int LastLines = 12;

    private readonly ChildProcess _process;
    private readonly HttpClient _control;
    private readonly Bench _bench;
    private readonly LabHost? _host;
    private readonly string _home;
    private readonly string? _authorityPem;
    private readonly string[] _more;

    private SwarmstreamNode(
        Bench bench, ChildProcess process, LabHost? host, string home, string data, string? authorityPem, string[] more, IPEndPoint proxy, IPEndPoint? peer, Uri control, string token, string ready)
    {
        _bench = bench;
        _process = process;
        _host = host;
        _home = home;
        DataFolder = data;
        _authorityPem = authorityPem;
        _more = more;
        Token = token;
        Control = control;
        Proxy = proxy;
        Peer = peer;
        Ready = ready;
        _control = LabHost.NewClient(host, control);
        _control.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public IPEndPoint Proxy { get; }

    public Uri Control { get; }

    /// <summary>The control token, as its file says it.</summary>
    public string Token { get; }

    /// <summary>What <c>--data</c> says.</summary>
    public string DataFolder { get; }

    /// <summary>Where it takes peers; null if it takes none.</summary>
    public IPEndPoint? Peer { get; }

    /// <summary>The READY line.</summary>
    public string Ready { get; }

    public string Errors => _process.Errors;

    public int Pid => _process.Pid;

    public bool HasExited => _process.HasExited;

    /// <summary>Where the build put the program, in the configuration that the lab itself was built in.</summary>
    public static string ProgramFile
    {
        get
        {
            var framework = new DirectoryInfo(AppContext.BaseDirectory);
            return Path.Combine(Repository.Root, "proxy", "Host", "bin", framework.Parent!.Name, framework.Name, "swarmstream.dll");
        }
    }

    /// <param name="authorityPem">A test certificate authority that the node trusts as well as the system's.</param>
    public static Task<SwarmstreamNode> StartAsync(Bench bench, CancellationToken stop, string? authorityPem = null, params string[] more) =>
        StartAsync(bench, null, authorityPem, more, stop);

    /// <summary>Starts it on a machine of the lab's network: its proxy and control are reached by sockets of that machine.</summary>
    public static Task<SwarmstreamNode> StartOnAsync(Bench bench, LabHost host, CancellationToken stop, params string[] more) =>
        StartAsync(bench, host, null, ["--peer-listen", $"{host.Address}:6881", "--allow-target", LabNetwork.Net, .. more], stop);

    /// <summary>On a machine of the lab's network, where it looks for peers in the local network too.</summary>
    public static Task<SwarmstreamNode> StartLocalAsync(Bench bench, LabHost host, CancellationToken stop, params string[] more) =>
        StartAsync(bench, host, null, ["--peer-listen", $"{host.Address}:6881", .. more], stop, lsd: true);

    /// <summary>The same user starts it again, after it ended, on the same ports.</summary>
    public Task<SwarmstreamNode> StartAgainAsync(CancellationToken stop) => StartAsync(
        _bench, _host, _authorityPem, [.. _more.Contains("--listen") ? Array.Empty<string>() : ["--listen", $"{Proxy}", "--control", Control.Authority], .. _more], stop, _home);

    private static async Task<SwarmstreamNode> StartAsync(
        Bench bench, LabHost? host, string? authorityPem, string[] more, CancellationToken stop, string? home = null, bool lsd = false)
    {
        home ??= bench.NewFolder("node");
        var data = Array.IndexOf(more, "--data") is >= 0 and var at ? more[at + 1] : Path.Combine(home, "data");
        var environment = EnvironmentOf(home);
        environment["SWARMSTREAM_CA_FILE"] = authorityPem;
        string[] arguments =
        [
            ProgramFile, "proxy", "--swarm-host", "*", "--allow-target", "127.0.0.0/8", .. more.Contains("--dht-bootstrap") ? Array.Empty<string>() : DhtFlags(null),
            .. lsd ? Array.Empty<string>() : ["--no-lsd"],
            .. more.Contains("--share") ? Array.Empty<string>() : ["--share", "off"],
            .. more.Contains("--data") ? Array.Empty<string>() : ["--data", data], .. more.Contains("--listen") ? Array.Empty<string>() : ["--listen", "127.0.0.1:0"],
            .. more.Contains("--control") ? Array.Empty<string>() : ["--control", "127.0.0.1:0"], .. more,
        ];
        var (program, inside) = host?.Inside("dotnet", arguments) ?? ("dotnet", arguments);
        var process = bench.Own(ChildProcess.Start(bench.Reaper, program, inside, environment, home));
        var ready = await process.WaitForLineAsync(l => l.StartsWith("READY", StringComparison.Ordinal), StartLimit, stop);
        var fields = ReadyField().Matches(ready).ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value);
        var proxy = new Uri(fields["proxy"]);
        var node = new SwarmstreamNode(
            bench, process, host, home, data, authorityPem, more, new IPEndPoint(IPAddress.Parse(proxy.Host), proxy.Port), IPEndPoint.TryParse(fields["peer"], out var peer) ? peer : null, new Uri(fields["control"]), FindToken(data == Path.Combine(home, "data") ? home : data), ready);
        var pid = process.Pid;
        bench.OnFailure(() => $"node {pid} said last:\n{string.Join('\n', process.Errors.Split('\n').TakeLast(LastLines))}");
        return bench.Own(node);
    }

    /// <summary>No DHT, or one that is entered by this node: never the public one.</summary>
    public static string[] DhtFlags(IPEndPoint? router) => router is null ? ["--no-dht"] : ["--dht-bootstrap", router.ToString()];

    /// <summary>What <c>/api/v1/status</c> says of the DHT: nodes it knows.</summary>
    public async Task<int> DhtNodesAsync(CancellationToken stop)
    {
        using var json = JsonDocument.Parse(await _control.GetStringAsync(new Uri("/api/v1/status", UriKind.Relative), stop));
        return json.RootElement.GetProperty("dht").GetProperty("nodes").GetInt32();
    }

    /// <summary>Another verb of the same user, which finds this node by itself; gives its exit code.</summary>
    public Task<int> RunAsync(CancellationToken stop, params string[] verb) =>
        _bench.Own(Type(_bench.Reaper, [.. verb, "--data", DataFolder])).WaitForExitAsync(StartLimit, stop);

    /// <summary>Another command of the program, as the user of this node types it.</summary>
    /// <param name="home">What the command takes for the home folder; null for the node's own.</param>
    public ChildProcess Type(Reaper reaper, IEnumerable<string> arguments, string? folder = null, string? home = null, Action<string>? onLine = null)
    {
        string[] all = [ProgramFile, .. arguments];
        var (program, inside) = _host?.Inside("dotnet", all) ?? ("dotnet", all);
        return ChildProcess.Start(reaper, program, inside, EnvironmentOf(home ?? _home), folder ?? _home, onLine);
    }

    /// <summary>What makes a folder the home of a user whom nothing of this machine reaches.</summary>
    internal static Dictionary<string, string?> EnvironmentOf(string home) => new()
    {
        ["HOME"] = home,
        ["XDG_CACHE_HOME"] = Path.Combine(home, "cache"),
        ["XDG_STATE_HOME"] = Path.Combine(home, "state"),
        ["XDG_CONFIG_HOME"] = Path.Combine(home, "config"),
        ["XDG_RUNTIME_DIR"] = Directory.CreateDirectory(Path.Combine(home, "runtime")).FullName,
        ["http_proxy"] = null,
        ["https_proxy"] = null,
        ["all_proxy"] = null,
        ["HTTP_PROXY"] = null,
        ["HTTPS_PROXY"] = null,
        ["ALL_PROXY"] = null,
        ["DOTNET_gcServer"] = "0",
    };

    public Uri GatewayUrl(int tlsPort, string path) => new($"http://{Proxy}/gateway/https/127.0.0.1:{tlsPort}{path}");

    /// <summary>Receipts of <paramref name="path"/>, oldest first. A receipt comes when its response has ended, so this waits for the first.</summary>
    public async Task<IReadOnlyList<Receipt>> ReceiptsAsync(string path, CancellationToken stop, int atLeast = 1)
    {
        IReadOnlyList<Receipt> found = [];
        var came = await Poll.UntilAsync(
            async cancel =>
            {
                using var json = JsonDocument.Parse(await _control.GetStringAsync(new Uri("/api/v1/receipts", UriKind.Relative), cancel));
                var list = json.RootElement.ValueKind == JsonValueKind.Array ? json.RootElement : json.RootElement.GetProperty("receipts");
                found = [.. list.EnumerateArray()
                    .Where(r => new Uri(r.GetProperty("url").GetString()!).AbsolutePath.EndsWith(path, StringComparison.Ordinal))
                    .OrderBy(r => r.GetProperty("timings").GetProperty("started").GetString(), StringComparer.Ordinal)
                    .Select(Receipt.Read)];
                return found.Count >= atLeast;
            },
            ReceiptLimit,
            stop);
        return came ? found : throw new LabException($"{found.Count} receipts of {path} in {ReceiptLimit.TotalSeconds:F0} s, {atLeast} wanted\n{Errors}");
    }

    /// <summary>Gives it a torrent and the folder that has its file already: it is hashed there, and read where it lies.</summary>
    public async Task AdoptAsync(Torrent torrent, string folder, CancellationToken stop)
    {
        using var body = new ByteArrayContent(await File.ReadAllBytesAsync(torrent.File, stop));
        body.Headers.ContentType = new("application/x-bittorrent");
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/torrents?path={Uri.EscapeDataString(folder)}") { Content = body };
        request.Headers.Add("X-Swarm", "1");
        using var answer = await _control.SendAsync(request, stop);
        if (!answer.IsSuccessStatusCode)
        {
            throw new LabException($"the node does not adopt the file: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(stop)}");
        }
    }

    /// <summary>One sample of <c>/metrics</c>, its labels as written; 0 where it is absent.</summary>
    public async Task<double> MetricAsync(string sample, CancellationToken stop)
    {
        var text = await MetricsAsync(stop);
        return text.Split('\n').Where(l => l.StartsWith(sample + " ", StringComparison.Ordinal))
            .Select(l => double.Parse(l[(sample.Length + 1)..].Split(' ')[0], CultureInfo.InvariantCulture)).Sum();
    }

    public Task<string> ProxyPacAsync(CancellationToken stop) => _control.GetStringAsync(new Uri("/proxy.pac", UriKind.Relative), stop);

    public Task<string> MetricsAsync(CancellationToken stop) => _control.GetStringAsync(new Uri("/metrics", UriKind.Relative), stop);

    public Task<TimeSpan> TerminateAsync() => _process.TerminateAsync(TimeSpan.FromSeconds(20));

    public async ValueTask DisposeAsync()
    {
        _control.Dispose();
        await _process.DisposeAsync();
    }

    /// <summary>The control token: the one file under the node's folders that is called so (mode 0600, contract).</summary>
    private static string FindToken(string home)
    {
        var file = Directory.EnumerateFiles(home, "*token*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }).FirstOrDefault()
            ?? throw new LabException("the node wrote no control token");
        return File.ReadAllText(file).Trim();
    }

    [GeneratedRegex(@"(\w+)=(\S+)")]
    private static partial Regex ReadyField();
}
