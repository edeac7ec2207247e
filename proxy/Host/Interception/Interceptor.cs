using System.Net.Security;
using Swarm.Engine.Targets;

namespace Swarm.Proxy.Interception;

/// <summary>Whether the https of a host is to be opened, and with which certificate. What <c>ca create</c> wrote takes effect with the next connection.</summary>
internal sealed class Interceptor(AuthorityFolder folder, TimeProvider time, ILogger log)
{
    private readonly Lock _gate = new();
    private DateTime _seen;
    private LocalAuthority? _authority;
    private LeafCache? _leaves;

    /// <summary>Null for a host that nobody named: it stays a blind tunnel.</summary>
    public SslStreamCertificateContext? LeafFor(TargetHost host)
    {
        LeafCache? leaves;
        lock (_gate)
        {
            LookAgain();
            leaves = _authority is { } authority && authority.Hosts.Cover(host) && time.GetUtcNow() < authority.NotAfter ? _leaves : null;
        }

        return leaves?.For(host);
    }

    private void LookAgain()
    {
        var changed = folder.ChangedAt;
        if (changed == _seen)
        {
            return;
        }

        _seen = changed;
        // The one before is left to the collector: connections may still be handing out its leaves.
        var (authority, problem) = folder.Read();
        _authority = authority;
        _leaves = authority is null ? null : new LeafCache(authority, time);
        if (problem is not null)
        {
            InterceptionLog.NotUsable(log, problem);
        }
        else if (authority is not null)
        {
            InterceptionLog.InUse(log, string.Join(", ", authority.Hosts.Texts), authority.NotAfter);
        }
    }
}
