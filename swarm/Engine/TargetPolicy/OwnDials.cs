using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Swarm.Engine.Targets;

/// <summary>
/// The near ends of the connections this process has open. Where a firewall redirects connections to this program, one of its own may come back to
/// it; dialling the same target for it would go on until the ports are used up.
/// </summary>
/// <remarks>A dial is noted before its first byte is sent, so that who has read one can rely on the answer.</remarks>
public sealed class OwnDials
{
    /// <summary>Ends of closed connections are forgotten when this many were noted since the last time.</summary>
    private const int SweepEvery = 1024;

    private readonly ConcurrentDictionary<IPEndPoint, WeakReference<Socket>> _open = new();
    private int _noted;

    public void Note(Socket socket)
    {
        if (socket.LocalEndPoint is not IPEndPoint local)
        {
            return;
        }

        _open[Bare(local)] = new WeakReference<Socket>(socket);
        if (Interlocked.Increment(ref _noted) % SweepEvery == 0)
        {
            foreach (var (end, reference) in _open)
            {
                if (!IsOpen(reference))
                {
                    _open.TryRemove(new(end, reference));
                }
            }
        }
    }

    public bool Has(IPEndPoint end) => _open.TryGetValue(Bare(end), out var reference) && IsOpen(reference);

    /// <summary>A port is given out again once its connection is closed.</summary>
    private static bool IsOpen(WeakReference<Socket> reference) => reference.TryGetTarget(out var socket) && !socket.SafeHandle.IsClosed;

    private static IPEndPoint Bare(IPEndPoint end) => new(TargetPolicy.Unmapped(end.Address), end.Port);
}
