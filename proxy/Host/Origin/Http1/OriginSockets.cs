using System.Collections.Concurrent;
using System.Net.Sockets;

namespace Swarm.Proxy.Origin;

/// <summary>The sockets that carry requests to origins now, each with its label: where diagnostics read TCP_INFO of this program's own connections.</summary>
public interface IOriginSockets
{
    /// <summary>Calls <paramref name="visit"/> for each open socket. A socket may close at any moment: reading from it then throws <see cref="ObjectDisposedException"/> or <see cref="SocketException"/>.</summary>
    void Visit(Action<OriginSocketLabel, Socket> visit);
}

/// <summary>What a socket is for.</summary>
/// <param name="Authority">Host and port, never a URL.</param>
/// <param name="IsBusy">A request is under way; false while it waits in the pool.</param>
public readonly record struct OriginSocketLabel(string Authority, bool IsHttps, bool IsBusy);

/// <summary>The register behind <see cref="IOriginSockets"/>: connections enter when dialled and leave when closed.</summary>
internal sealed class OriginSockets : IOriginSockets
{
    private readonly ConcurrentDictionary<Http1Connection, byte> _open = new();

    public int Count => _open.Count;

    public void Visit(Action<OriginSocketLabel, Socket> visit)
    {
        foreach (var (connection, _) in _open)
        {
            visit(new(connection.Key.Authority, connection.Key.IsHttps, connection.IsBusy), connection.Socket);
        }
    }

    internal void Add(Http1Connection connection) => _open.TryAdd(connection, 0);

    internal void Remove(Http1Connection connection) => _open.TryRemove(connection, out _);
}
