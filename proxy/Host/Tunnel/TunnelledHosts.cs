using Swarm.Engine.Targets;
using Swarm.Http;
using Swarm.Proxy.Control;

namespace Swarm.Proxy.Tunnel;

/// <summary>Whose https went through blind tunnels of late: what no swarm could help with, since nothing of it can be read here. Any thread may ask and tell.</summary>
internal sealed class TunnelledHosts(TimeProvider time)
{
    /// <summary>What ended longer ago is no news.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(10);

    /// <summary>Besides those with open tunnels, whose number is limited already. Nobody reads a longer list.</summary>
    private const int EndedMax = 32;

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
            return [.. _hosts.Values.Where(static p => p.IsBig).OrderByDescending(static p => p.Bytes).Select(static p => new TunnelView(p.Host.Name, p.Bytes, p.Open.Count))];
        }
    }

    private void Forget()
    {
        var ended = _hosts.Values.Where(static p => p.Open.Count == 0).OrderByDescending(static p => p.EndedAt).ToArray();
        for (var i = 0; i < ended.Length; i++)
        {
            if (i >= EndedMax || !ended[i].IsBig || time.GetElapsedTime(ended[i].EndedAt) > Kept)
            {
                _hosts.Remove(ended[i].Host.Name);
            }
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
