using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp;

/// <summary>Finds the label of a connection among those a program says are its own.</summary>
public sealed class OwnConnections
{
    private readonly Dictionary<(SocketEnd Local, SocketEnd Remote), SocketLabel> _both = [];
    private readonly Dictionary<SocketEnd, SocketLabel> _remote = [];

    public OwnConnections(IEnumerable<OwnConnection> connections)
    {
        foreach (var connection in connections)
        {
            if (connection.Local is { } local)
            {
                _both[(local, connection.Remote)] = connection.Label;
            }
            else
            {
                _remote[connection.Remote] = connection.Label;
            }
        }
    }

    /// <summary>Null when the connection is someone else's.</summary>
    public SocketLabel? LabelOf(in SocketSample socket)
    {
        var remote = socket.Remote.Unmapped();
        return _both.GetValueOrDefault((socket.Local.Unmapped(), remote)) ?? _remote.GetValueOrDefault(remote);
    }
}
