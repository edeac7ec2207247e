using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Swarm.Diagnostics.Analysis;
using Swarm.Diagnostics.Tcp;

namespace Swarm.Proxy.Front;

/// <summary>The connections of clients that are open now, each with its last request target: what the diagnostics call them.</summary>
public sealed class ClientLabels
{
    private const string CapabilityPrefix = "/gateway/~";

    private readonly ConcurrentDictionary<string, Client> _open = new();

    /// <summary>The client connections, without query strings and capabilities: both may be secrets.</summary>
    public IEnumerable<OwnConnection> All =>
        _open.Values.Where(c => c.Remote is not null).Select(c => OwnConnection.Of(c.Local, c.Remote!, new SocketLabel(SocketLabel.Client, WithoutSecrets(c.Target))));

    internal async Task OnConnectionAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        _open[connection.ConnectionId] = new Client(connection.LocalEndPoint as IPEndPoint, connection.RemoteEndPoint as IPEndPoint);
        try
        {
            await next(connection);
        }
        finally
        {
            _open.TryRemove(connection.ConnectionId, out _);
        }
    }

    internal void Name(HttpContext context)
    {
        if (_open.TryGetValue(context.Connection.Id, out var client))
        {
            client.Target = context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        }
    }

    internal static string WithoutSecrets(string target)
    {
        var end = target.IndexOfAny(['?', '#']);
        var path = end < 0 ? target : target[..end];
        if (path.StartsWith(CapabilityPrefix, StringComparison.Ordinal))
        {
            var slash = path.IndexOf('/', CapabilityPrefix.Length);
            path = slash < 0 ? "/gateway" : "/gateway" + path[slash..];
        }

        // User and password may stand before the host.
        var scheme = path.IndexOf("://", StringComparison.Ordinal);
        var authorityEnd = scheme < 0 ? -1 : path.IndexOf('/', scheme + 3);
        var at = scheme < 0 ? -1 : path.LastIndexOf('@', authorityEnd < 0 ? path.Length - 1 : authorityEnd);
        return at > scheme + 2 && scheme >= 0 ? string.Concat(path.AsSpan(0, scheme + 3), path.AsSpan(at + 1)) : path;
    }

    private sealed class Client(IPEndPoint? local, IPEndPoint? remote)
    {
        public IPEndPoint? Local { get; } = local;

        public IPEndPoint? Remote { get; } = remote;

        public string Target { get; set; } = "";
    }
}
