using Swarm.Protocol;

namespace Swarm.Proxy.Cli;

/// <summary>Which names files can have in a torrent.</summary>
internal static class TorrentNames
{
    /// <summary>Why no torrent can name a file so, and what to do; null if it can.</summary>
    /// <param name="path">Slash-separated, as the system gave it.</param>
    public static string? Problem(string path) =>
        // Names are bytes on Linux; what is no UTF-8 comes with U+FFFD, and the file would not open under that name.
        path.Contains('\uFFFD', StringComparison.Ordinal) ? "the name is not UTF-8; rename it"
        : path.Any(char.IsControl) ? "the name holds a control character; rename it"
        : MetainfoBuilder.CheckPath(path) is { } refused ? $"{refused.Problem}; rename it"
        : null;

    /// <summary>A name on one line of a terminal.</summary>
    public static string Shown(string path) => new([.. path.Select(static c => char.IsControl(c) ? '?' : c)]);
}
