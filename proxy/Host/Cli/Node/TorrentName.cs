using Swarm.Proxy.Control;

namespace Swarm.Proxy.Cli;

/// <summary>How a person names a torrent of the node: an infohash, its beginning, or the name.</summary>
internal static class TorrentName
{
    /// <summary>Four digits tell a few thousand torrents apart; fewer are a slip.</summary>
    private const int PrefixMin = 4;

    /// <summary>The one torrent meant, or one sentence.</summary>
    public static (TorrentView? Torrent, string? Problem) Find(string name, IReadOnlyList<TorrentView> torrents)
    {
        var meant = torrents.Where(t => Names(t, name)).ToList();
        if (meant.Count == 0 && name.Length >= PrefixMin)
        {
            meant = [.. torrents.Where(t => Begins(t.V1, name) || Begins(t.V2, name))];
        }

        return meant.Count switch
        {
            1 => (meant[0], null),
            0 => (null, $"The node has no torrent '{name}'; 'swarmstream ls' lists those it has."),
            _ => (null, $"'{name}' is {meant.Count} torrents; write more of the infohash."),
        };
    }

    private static bool Names(TorrentView torrent, string name) =>
        torrent.Name == name || Same(torrent.Infohash, name) || Same(torrent.V1, name) || Same(torrent.V2, name);

    private static bool Same(string? infohash, string name) => string.Equals(infohash, name, StringComparison.OrdinalIgnoreCase);

    private static bool Begins(string? infohash, string name) => infohash?.StartsWith(name, StringComparison.OrdinalIgnoreCase) == true;
}
