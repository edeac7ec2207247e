using System.Net;
using System.Text.Json;

namespace Swarm.Lab.Harness;

/// <summary>A torrent file that libtorrent made, and its hashes in hex.</summary>
public sealed record Torrent(string File, int PieceBytes, string? V1, string? V2)
{
    /// <summary>The 20 bytes that handshakes and trackers carry for the v2 hash, in hex.</summary>
    public string? V2Truncated => V2?[..40];

    public IEnumerable<string> TrackerHashes => new[] { V1, V2Truncated }.OfType<string>();

    /// <summary>A magnet with every hash it has and one tracker.</summary>
    public string MagnetOf(Uri tracker) => $"{Magnet}&tr={Uri.EscapeDataString(tracker.AbsoluteUri)}";

    /// <summary>A magnet with every hash it has, and nobody to ask.</summary>
    public string Magnet =>
        "magnet:?" + string.Join('&', new[] { V1 is { } v1 ? $"xt=urn:btih:{v1}" : null, V2 is { } v2 ? $"xt=urn:btmh:1220{v2}" : null }.OfType<string>())
        + "&dn=film.mp4";

    /// <param name="kind"><c>hybrid</c>, <c>v2</c> or <c>v1</c>.</param>
    public static async Task<Torrent> CreateAsync(
        Bench bench, string content, string target, CancellationToken stop,
        string kind = "hybrid", int pieceBytes = 256 * 1024, Uri? tracker = null, Uri? webSeed = null, bool isPrivate = false, IPEndPoint? dhtNode = null)
    {
        var arguments = new List<string>
        {
            Bench.PeerScript("make_torrent.py"), content, target, "--kind", kind, "--piece-bytes", $"{pieceBytes}",
        };
        if (tracker is not null)
        {
            arguments.AddRange(["--tracker", tracker.AbsoluteUri]);
        }

        if (webSeed is not null)
        {
            arguments.AddRange(["--web-seed", webSeed.AbsoluteUri]);
        }

        if (dhtNode is not null)
        {
            arguments.AddRange(["--dht-node", dhtNode.ToString()]);
        }

        if (isPrivate)
        {
            arguments.Add("--private");
        }

        await using var python = ChildProcess.Start(bench.Reaper, Tool.Libtorrent.Program, arguments);
        var line = await python.WaitForLineAsync(l => l.StartsWith('{'), TimeSpan.FromMinutes(2), stop);
        await python.WaitForExitAsync(TimeSpan.FromSeconds(30), stop);
        using var json = JsonDocument.Parse(line);
        return new(target, pieceBytes, json.RootElement.GetProperty("v1").GetString(), json.RootElement.GetProperty("v2").GetString());
    }
}
