using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Swarm.Proxy.Cli;

namespace Swarm.Proxy.Lifetime;

/// <summary>
/// Listening sockets that the service manager opened for this process (socket activation): the port is there before the program is, and ports
/// below 1024 need no privilege of ours. A listener that is to be at the address of one takes it instead of binding.
/// </summary>
/// <remarks>Any thread. What nobody takes is closed at the end.</remarks>
public sealed class PassedSockets : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<(string Name, IPEndPoint At, Socket Socket)> _sockets = [];
    private readonly HashSet<Socket> _taken = [];

    /// <summary>Takes over what was passed. A socket of another kind is closed: nobody here would read it.</summary>
    internal static PassedSockets Of(Surroundings surroundings)
    {
        var passed = new PassedSockets();
        if (!OperatingSystem.IsLinux())
        {
            return passed;
        }

        foreach (var (descriptor, name) in ListenVariables.Read(surroundings, Environment.ProcessId))
        {
            var handle = new SafeSocketHandle(descriptor, ownsHandle: true);
            try
            {
                var socket = new Socket(handle);
                if (socket is { SocketType: SocketType.Stream, LocalEndPoint: IPEndPoint at })
                {
                    passed._sockets.Add((name, at, socket));
                }
                else
                {
                    socket.Dispose();
                }
            }
            catch (SocketException)
            {
                // No socket: somebody else's descriptor.
                handle.SetHandleAsInvalid();
            }
        }

        return passed;
    }

    /// <summary>
    /// Where a socket has the name of a listener, that listener is there: <c>proxy</c>, <c>control</c>, <c>peer</c>; a lone one without such a name is the proxy's.
    /// A flag wins.
    /// </summary>
    internal void Apply(LoadedSettings loaded)
    {
        foreach (var (name, at, _) in _sockets)
        {
            switch (name)
            {
                case "control" when !loaded.Given.ContainsKey("control"):
                    loaded.Settings = loaded.Settings with { Control = at };
                    break;
                case "peer" when !loaded.Given.ContainsKey("peer-listen"):
                    loaded.Settings = loaded.Settings with { PeerListen = at };
                    break;
                case "control" or "peer":
                    break;
                default:
                    if ((name == "proxy" || _sockets.Count == 1) && !loaded.Given.ContainsKey("listen"))
                    {
                        loaded.Settings = loaded.Settings with { Listen = at };
                    }

                    break;
            }
        }
    }

    /// <summary>The socket that was passed for this address, once; null if there is none.</summary>
    public Socket? Take(EndPoint at)
    {
        lock (_gate)
        {
            var found = _sockets.FirstOrDefault(s => s.At.Equals(at) && !_taken.Contains(s.Socket)).Socket;
            return found is not null && _taken.Add(found) ? found : null;
        }
    }

    /// <summary>Lets Kestrel take what was passed, and bind the rest itself.</summary>
    public void GiveTo(SocketTransportOptions kestrel)
    {
        var bind = kestrel.CreateBoundListenSocket;
        kestrel.CreateBoundListenSocket = at => Take(at) ?? bind(at);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var (_, _, socket) in _sockets.Where(s => !_taken.Contains(s.Socket)))
            {
                socket.Dispose();
            }
        }
    }
}
