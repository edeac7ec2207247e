using System.Net.Security;
using Swarm.Engine.Targets;

namespace Swarm.Proxy.Interception;

/// <summary>Server certificates of one authority, made when first asked for: making one takes milliseconds, which a connection should not pay twice.</summary>
internal sealed class LeafCache(LocalAuthority authority, TimeProvider time)
{
    /// <summary>More than any page or tool talks to; only <c>*.</c> can name more hosts.</summary>
    private const int LeavesMax = 256;

    /// <summary>Renewed well before the seven days of a leaf are over.</summary>
    private static readonly TimeSpan RenewAfter = TimeSpan.FromDays(3);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (SslStreamCertificateContext Leaf, DateTimeOffset Made)> _leaves = [];

    public SslStreamCertificateContext For(TargetHost host)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            if (_leaves.TryGetValue(host.Name, out var found) && now - found.Made < RenewAfter)
            {
                return found.Leaf;
            }

            if (_leaves.Count >= LeavesMax)
            {
                _leaves.Remove(_leaves.MinBy(static leaf => leaf.Value.Made).Key);
            }

            var made = authority.IssueForServer(host, now);
            _leaves[host.Name] = (made, now);
            return made;
        }
    }
}
