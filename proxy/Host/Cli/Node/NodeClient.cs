using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Swarm.Proxy.Control;

namespace Swarm.Proxy.Cli;

/// <summary>A running node as its clients see it: the control API, by the unix socket of its folder or by the port with the token.</summary>
internal sealed class NodeClient : IDisposable
{
    /// <summary>A local answer takes milliseconds; a node that needs longer is stuck.</summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(5);

    private readonly HttpClient _http;
    private readonly Uri _base;

    private NodeClient(HttpClient http, Uri address, string name)
    {
        _http = http;
        _base = address;
        Name = name;
    }

    /// <summary>Where it was found, for sentences.</summary>
    public string Name { get; }

    /// <summary>The node of these folders; null if none left a trace, or its token cannot be read (then a problem says so).</summary>
    /// <param name="controlUrl">A control port that was named; null takes what the node left in its runtime folder.</param>
    public static (NodeClient? Node, string? Problem) Find(NodePaths paths, string? controlUrl = null)
    {
        var socket = ControlSocket.PathIn(paths.Runtime);
        if (controlUrl is null && !OperatingSystem.IsWindows() && File.Exists(socket))
        {
            return (BySocket(socket), null);
        }

        var runtime = RuntimeFile.TryRead(paths.Runtime);
        if ((controlUrl ?? runtime?.Url) is not { } url || !Uri.TryCreate(url, UriKind.Absolute, out var address))
        {
            return (null, null);
        }

        var tokenFile = runtime?.Url == url ? runtime!.TokenFile : Path.Combine(paths.State, ControlToken.FileName);
        return ControlToken.TryRead(tokenFile) is { } token
            ? (ByPort(address, token), null)
            : (null, $"The token file {tokenFile} cannot be read. Run this as the user who runs the node.");
    }

    public static NodeClient ByPort(Uri address, string token)
    {
        // A proxy variable of the shell must not carry the token anywhere.
        var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false }) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return new NodeClient(client, address, address.ToString().TrimEnd('/'));
    }

    public Task<NodeAnswer<T>> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellation)
        where T : class => SendAsync(HttpMethod.Get, path, null, type, cancellation);

    /// <summary>Sends a request; what goes wrong becomes the answer's sentence.</summary>
    /// <param name="patience">For what the node itself has to wait for; null for a local answer.</param>
    public async Task<NodeAnswer<T>> SendAsync<T>(
        HttpMethod method, string path, HttpContent? content, JsonTypeInfo<T> type, CancellationToken cancellation, TimeSpan? patience = null)
        where T : class
    {
        var limit = patience ?? AnswerLimit;
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        both.CancelAfter(limit);
        using var request = new HttpRequestMessage(method, new Uri(_base, path)) { Content = content };
        if (method != HttpMethod.Get)
        {
            request.Headers.Add(RequestGuard.MutationHeader, "1");
        }

        try
        {
            using var response = await _http.SendAsync(request, both.Token);
            var body = await response.Content.ReadAsByteArrayAsync(both.Token);
            if (!response.IsSuccessStatusCode)
            {
                return new(null, Refusal((int)response.StatusCode, body), (int)response.StatusCode, default);
            }

            return JsonSerializer.Deserialize(body, type) is { } value
                ? new(value, null, (int)response.StatusCode, body)
                : new(null, NotANode, (int)response.StatusCode, default);
        }
        catch (JsonException)
        {
            return new(null, NotANode, 200, default);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return new(null, $"No node answers at {Name}: it has ended. Start one with 'swarmstream'.", 0, default);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new(null, $"The node at {Name} did not answer within {limit.TotalSeconds:F0} s.", 408, default);
        }
    }

    public void Dispose() => _http.Dispose();

    private static NodeClient BySocket(string path)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
        return new NodeClient(new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan }, new Uri("http://localhost/"), path);
    }

    private string NotANode => $"{Name} answers, but not as a swarmstream node.";

    private string Refusal(int status, byte[] body) => status switch
    {
        401 => $"The node at {Name} does not take this token: it belongs to another user or --data folder. Name the folder with --data DIR.",
        503 => $"The node at {Name} is starting; ask again in a second.",
        _ => Detail(body) ?? $"The node at {Name} answered with status {status}.",
    };

    /// <summary>The sentence of a problem answer (RFC 9457).</summary>
    private static string? Detail(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, ControlJson.Default.Problem)?.Detail;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
