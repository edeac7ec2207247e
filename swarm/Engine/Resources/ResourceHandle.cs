using Swarm.Core;

namespace Swarm.Engine;

/// <summary>
/// One resource version that this node knows: its bytes, the origin's last answer for it by credentials, and which clients
/// use it. Thread-safe.
/// </summary>
public sealed class ResourceHandle
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, PermittedAnswer> _permits = [];
    private readonly Dictionary<string, ClientUse> _clients = [];

    internal ResourceHandle(FileContent content) => Content = content;

    public FileContent Content { get; }

    public ResourceVersion Version => Content.Version;

    /// <summary>The metafile that the bound tree was published by; null for a tree the user gave, or none.</summary>
    public string? TreeUrl { get; set; }

    /// <summary>When a request last used it.</summary>
    public Instant LastUsed { get; internal set; }

    /// <summary>True once its bytes contradicted each other: it serves nobody new.</summary>
    public bool IsRetired => Content.Falsified;

    private readonly record struct ClientUse(int Open, Instant Last);

    /// <summary>Redirects led to this URL: its server is the origin too, and no web seed.</summary>
    public void NoteOrigin(string finalUrl) => Content.Origins.Note(finalUrl);

    /// <summary>Remembers the origin's answer for its credentials.</summary>
    public void Grant(PermittedAnswer answer)
    {
        lock (_gate)
        {
            _permits[answer.Permit.CredentialsKey] = answer;
            if (_permits.Count > 256)
            {
                _permits.Remove(_permits.MinBy(p => p.Value.Permit.GrantedAt).Key);
            }
        }
    }

    /// <summary>The newest permit of these credentials with what the origin said beside it, if any.</summary>
    public PermittedAnswer? AnswerFor(string credentialsKey)
    {
        lock (_gate)
        {
            return _permits.GetValueOrDefault(credentialsKey);
        }
    }

    /// <summary>The newest permit of these credentials, if any.</summary>
    public Permit? PermitFor(string credentialsKey) => AnswerFor(credentialsKey)?.Permit;

    /// <summary>The origin answered a later range of this version for the same credentials: it still permits them.</summary>
    public void Renew(string credentialsKey, Instant now) => Change(credentialsKey, permit => permit with { GrantedAt = now });

    /// <summary>The answer behind the permit carried the Link to this tree.</summary>
    public void Link(string credentialsKey, string infohash) => Change(credentialsKey, permit => permit with { LinkedInfohash = infohash });

    /// <summary>The origin denied these credentials: their permits are void at once.</summary>
    public void Revoke(string credentialsKey)
    {
        lock (_gate)
        {
            _permits.Remove(credentialsKey);
        }
    }

    /// <summary>A client opened a response of this version (the L5c origin-down rule).</summary>
    public void ClientOpened(string client, Instant now) => Use(client, now, 1);

    public void ClientClosed(string client, Instant now) => Use(client, now, -1);

    /// <summary>When this client last had a response of this version open: now, if one is; null if never.</summary>
    public Instant? LastSeen(string client, Instant now)
    {
        lock (_gate)
        {
            return !_clients.TryGetValue(client, out var use) ? null : use.Open > 0 ? now : use.Last;
        }
    }

    private void Use(string client, Instant now, int opened)
    {
        lock (_gate)
        {
            _clients[client] = new(_clients.GetValueOrDefault(client).Open + opened, now);
            if (_clients.Count > 1_024)
            {
                _clients.Remove(_clients.MinBy(p => (p.Value.Open > 0, p.Value.Last)).Key);
            }
        }
    }

    private void Change(string credentialsKey, Func<Permit, Permit> change)
    {
        lock (_gate)
        {
            if (_permits.TryGetValue(credentialsKey, out var answer))
            {
                _permits[credentialsKey] = answer with { Permit = change(answer.Permit) };
            }
        }
    }
}
