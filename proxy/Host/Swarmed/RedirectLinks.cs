using Swarm.Http;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Swarmed;

/// <summary>
/// What redirects said about the file they led to (RFC 6249 §4; mirror networks put Link there and nowhere else), for the client that follows
/// them and for a minute. The origin that redirects could have led its client anywhere, so it may vouch for what that client gets, and for
/// nobody else's answer.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class RedirectLinks(TimeProvider time)
{
    public const int EntriesMax = 1024;

    public static readonly TimeSpan Remembered = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Client, string Url), (RedirectLink Link, DateTimeOffset At)> _entries = [];

    /// <summary>Remembers the links of an answer that leads elsewhere; anything else is nothing to it.</summary>
    public void Note(string client, OriginTarget asked, OriginAnswer redirect)
    {
        if (redirect.Status is not (301 or 302 or 303 or 307 or 308) || !redirect.Fields.Has("Link") || redirect.Fields.First("Location") is not { Length: > 0 } location)
        {
            return;
        }

        var links = MetafileLinks.Of(redirect.Fields, redirect.FinalUrl);
        var fragment = location.IndexOf('#', StringComparison.Ordinal);
        if ((links.Metafiles.Count == 0 && links.Duplicates.Count == 0)
            || !ReferenceResolution.TryResolve(redirect.FinalTarget, fragment < 0 ? location : location[..fragment], out var next))
        {
            return;
        }

        var now = time.GetUtcNow();
        lock (_gate)
        {
            if (_entries.Count >= EntriesMax)
            {
                foreach (var (key, _) in _entries.Where(e => now - e.Value.At >= Remembered).ToList())
                {
                    _entries.Remove(key);
                }
            }

            if (_entries.Count >= EntriesMax)
            {
                _entries.Remove(_entries.MinBy(e => e.Value.At).Key);
            }

            _entries[(client, next.Url)] = (new(asked.Host.Name, redirect.FinalUrl, links), now);
        }
    }

    /// <summary>What led this client here; null if nothing did of late.</summary>
    public RedirectLink? Find(string client, string url)
    {
        lock (_gate)
        {
            return _entries.TryGetValue((client, url), out var entry) && time.GetUtcNow() - entry.At < Remembered ? entry.Link : null;
        }
    }
}

/// <summary>The links of a redirect.</summary>
/// <param name="Host">Who redirected; a swarm is joined only for a host that the user listed.</param>
/// <param name="Url">The URL whose answer carried them: it is what they are judged by.</param>
internal sealed record RedirectLink(string Host, string Url, MetafileLinks Links);
