using Swarm.Engine.Targets;
using Swarm.Http;
using Swarm.Proxy.Control;

namespace Swarm.Proxy.Tunnel;

/// <summary>Whose https went through blind tunnels of late: what no swarm could help with, since nothing of it can be read here. Any thread may ask and tell.</summary>
internal sealed class TunnelledHosts(TimeProvider time)
{
    /// <summary>What ended longer ago is no news.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(10);

    /// <summary>That many are told of, and remembered besides those with open tunnels, whose number is limited already. Nobody reads a longer list.</summary>
    private const int HostsMax = 32;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Passed> _hosts = new(StringComparer.Ordinal);

    public void Enter(TargetHost host, BlindTunnel tunnel)
    {
        lock (_gate)
        {
            if (!_hosts.TryGetValue(host.Name, out var passed))
            {
                _hosts[host.Name] = passed = new(host);
            }

            passed.Open.Add(tunnel);
        }
    }

    public void Leave(TargetHost host, BlindTunnel tunnel)
    {
        lock (_gate)
        {
            var passed = _hosts[host.Name];
            passed.Open.Remove(tunnel);
            passed.EndedBytes += tunnel.BytesToClient;
            passed.EndedAt = time.GetTimestamp();
            Forget();
        }
    }

    /// <summary>The hosts that sent as much as a swarm takes up, the most first.</summary>
    public IReadOnlyList<TunnelView> Big()
    {
        lock (_gate)
        {
            Forget();
            return [.. _hosts.Values.Where(static p => p.IsBig).Select(static p => new TunnelView(p.Host.Name, p.Bytes, p.Open.Count)).OrderByDescending(static v => v.Bytes).Take(HostsMax)];
        }
    }

    private void Forget()
    {
        foreach (var passed in _hosts.Values.Where(p => time.GetElapsedTime(p.EndedAt) > Kept))
        {
            passed.EndedBytes = 0; // the host may have a tunnel open that never ends
        }

        var ended = _hosts.Values.Where(static p => p.Open.Count == 0).OrderByDescending(static p => p.EndedAt).ToLookup(static p => p.IsBig);
        foreach (var passed in ended[false].Concat(ended[true].Skip(HostsMax)))
        {
            _hosts.Remove(passed.Host.Name);
        }
    }

    private sealed class Passed(TargetHost host)
    {
        public TargetHost Host => host;

        public List<BlindTunnel> Open { get; } = [];

        /// <summary>Of tunnels that have ended; open ones count for themselves.</summary>
        public long EndedBytes { get; set; }

        public long EndedAt { get; set; }

        public long Bytes => EndedBytes + Open.Sum(static t => t.BytesToClient);

        /// <summary>Of less no swarm would have been asked anyway.</summary>
        public bool IsBig => Bytes >= Candidate.MinLengthBytes;
    }
}
