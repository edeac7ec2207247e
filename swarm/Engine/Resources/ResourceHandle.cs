using System.Collections.Immutable;
using Swarm.Core;

namespace Swarm.Engine;

/// <summary>
/// One resource version that this node knows: its bytes, the header fields of the origin's last answer for it, and the
/// permits given for it. Thread-safe.
/// </summary>
public sealed class ResourceHandle
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Permit> _permits = [];
    private readonly Dictionary<string, Instant> _clientsSeen = [];

    internal ResourceHandle(FileContent content) => Content = content;

    public FileContent Content { get; }

    public ResourceVersion Version => Content.Version;

    /// <summary>End-to-end header fields of the newest permission answer, without framing and range fields.</summary>
    public ImmutableArray<(string Name, string Value)> Headers { get; set; } = [];

    /// <summary>When a request last used it.</summary>
    public Instant LastUsed { get; internal set; }

    /// <summary>True once its bytes contradicted each other: it serves nobody new.</summary>
    public bool IsRetired => Content.Falsified;

    public void Grant(Permit permit)
    {
        lock (_gate)
        {
            _permits[permit.CredentialsKey] = permit;
            if (_permits.Count > 256)
            {
                _permits.Remove(_permits.MinBy(p => p.Value.GrantedAt).Key);
            }
        }
    }

    /// <summary>The newest permit of these credentials, if any.</summary>
    public Permit? PermitFor(string credentialsKey)
    {
        lock (_gate)
        {
            return _permits.GetValueOrDefault(credentialsKey);
        }
    }

    /// <summary>The origin denied these credentials: their permits are void at once.</summary>
    public void Revoke(string credentialsKey)
    {
        lock (_gate)
        {
            _permits.Remove(credentialsKey);
        }
    }

    /// <summary>A client has, or had just now, a response of this version open (the L5c origin-down rule).</summary>
    public void SawClient(string client, Instant now)
    {
        lock (_gate)
        {
            _clientsSeen[client] = now;
            if (_clientsSeen.Count > 1_024)
            {
                _clientsSeen.Remove(_clientsSeen.MinBy(p => p.Value).Key);
            }
        }
    }

    public Instant? LastSeen(string client)
    {
        lock (_gate)
        {
            return _clientsSeen.TryGetValue(client, out var at) ? at : null;
        }
    }
}
