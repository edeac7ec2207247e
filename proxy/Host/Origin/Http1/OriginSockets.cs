using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net.Sockets;

namespace Swarm.Proxy.Origin;

/// <summary>The sockets that carry requests to origins now, each with its label: where diagnostics read TCP_INFO of this program's own connections.</summary>
public interface IOriginSockets
{
    /// <summary>Calls <paramref name="visit"/> for each open socket. A socket may close at any moment: reading from it then throws <see cref="ObjectDisposedException"/> or <see cref="SocketException"/>.</summary>
    void Visit(Action<OriginSocketLabel, Socket> visit);

    /// <summary>Bytes that origins sent in vain: they lay unread in the kernel when their connection was closed, those of TLS as they came.</summary>
    long UnreadBytes { get; }
}

/// <summary>What a socket is for.</summary>
/// <param name="Authority">Host and port, never a URL.</param>
/// <param name="IsBusy">A request is under way; false while it waits in the pool.</param>
public readonly record struct OriginSocketLabel(string Authority, bool IsHttps, bool IsBusy);

/// <summary>The register behind <see cref="IOriginSockets"/>: connections enter when dialled and leave when closed.</summary>
internal sealed class OriginSockets : IOriginSockets
{
    private readonly ConcurrentDictionary<Http1Connection, byte> _open = new();

    private long _unreadBytes;

    public int Count => _open.Count;

    public long UnreadBytes => Interlocked.Read(ref _unreadBytes);

    /// <summary>Says it on a meter; its owner disposes it.</summary>
    /// <param name="meterName">The node's, so that nodes of one process are not mixed up.</param>
    public static Meter Publish(IOriginSockets sockets, string meterName)
    {
        var meter = new Meter(meterName);
        meter.CreateObservableCounter("swarmstream_origin_unread_bytes_total", () => sockets.UnreadBytes, "By",
            "Bytes that origins sent in vain: unread when their connection was closed.");
        return meter;
    }

    public void Visit(Action<OriginSocketLabel, Socket> visit)
    {
        foreach (var (connection, _) in _open)
        {
            visit(new(connection.Key.Authority, connection.Key.IsHttps, connection.IsBusy), connection.Socket);
        }
    }

    internal void Add(Http1Connection connection) => _open.TryAdd(connection, 0);

    internal void Remove(Http1Connection connection, int unreadBytes)
    {
        _open.TryRemove(connection, out _);
        Interlocked.Add(ref _unreadBytes, unreadBytes);
    }
}
