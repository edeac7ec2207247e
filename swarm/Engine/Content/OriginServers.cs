namespace Swarm.Engine;

/// <summary>
/// The servers that are a resource's origin: the one of its URL, and where redirects led. A web seed on one of them is no second
/// source. Thread-safe.
/// </summary>
internal sealed class OriginServers
{
    private string[] _servers = [];

    /// <summary>Notes the server of an http or https URL; anything else has none.</summary>
    public void Note(string url)
    {
        if (ServerOf(url) is not { } server)
        {
            return;
        }

        string[] before;
        do
        {
            before = Volatile.Read(ref _servers);
            if (before.Contains(server))
            {
                return;
            }
        }
        while (Interlocked.CompareExchange(ref _servers, [.. before, server], before) != before);
    }

    public bool Include(string url) => ServerOf(url) is { } server && Volatile.Read(ref _servers).Contains(server);

    /// <summary>Host and port; both usual ports of one host are one server.</summary>
    private static string? ServerOf(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? uri.IsDefaultPort ? uri.IdnHost.ToLowerInvariant() : $"{uri.IdnHost.ToLowerInvariant()}:{uri.Port}"
            : null;
}
