using System.Net;

namespace Swarm.Proxy.Front;

/// <summary>Counts connections by client address, so that one client cannot take them all.</summary>
internal sealed class ClientConnectionLimit(int max)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, int> _open = [];

    /// <summary>False when the client has as many as it may.</summary>
    public bool TryEnter(IPAddress client)
    {
        lock (_gate)
        {
            var open = _open.GetValueOrDefault(client);
            if (open >= max)
            {
                return false;
            }

            _open[client] = open + 1;
            return true;
        }
    }

    public void Leave(IPAddress client)
    {
        lock (_gate)
        {
            if (--_open[client] == 0)
            {
                _open.Remove(client);
            }
        }
    }
}
