using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Swarm.Protocol;

/// <summary>What a client's announce asks a tracker, over HTTP (BEP 3) or UDP (BEP 15). Where it is, is the sender's address and nothing it says.</summary>
/// <param name="Wanted">Peers it asks for; null leaves it to the tracker.</param>
public readonly record struct TrackerQuery(WireHash InfoHash, PeerId PeerId, ushort Port, bool IsSeed, TrackerEvent Event, int? Wanted)
{
    private const int MaxScrapes = 64;

    /// <summary>Reads the query of an announce URL, without its question mark; unknown keys, <c>ip</c> among them, are passed over.</summary>
    /// <param name="error">What is missing, for the client's log.</param>
    public static bool TryParse(string query, out TrackerQuery parsed, [NotNullWhen(false)] out string? error)
    {
        byte[]? hash = null, id = null;
        ushort port = 0;
        long left = 1;
        int? wanted = null;
        var why = TrackerEvent.None;
        foreach (var (name, value) in Pairs(query))
        {
            switch (name)
            {
                case "info_hash":
                    hash = PercentEncoding.Decode(value, WireHash.Size);
                    break;
                case "peer_id":
                    id = PercentEncoding.Decode(value, PeerId.Size);
                    break;
                case "port":
                    _ = ushort.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out port);
                    break;
                case "left":
                    left = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? bytes : 1;
                    break;
                case "numwant":
                    wanted = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
                    break;
                case "event":
                    why = value switch { "started" => TrackerEvent.Started, "completed" => TrackerEvent.Completed, "stopped" => TrackerEvent.Stopped, _ => TrackerEvent.None };
                    break;
            }
        }

        error = hash is null ? "info_hash is not 20 bytes" : id is null ? "peer_id is not 20 bytes" : port == 0 ? "port is not from 1 to 65535" : null;
        parsed = error is null ? new(WireHash.Read(hash), PeerId.Read(id), port, left == 0, why, wanted) : default;
        return error is null;
    }

    /// <summary>The torrents that the query of a scrape URL names (BEP 48), 64 at most.</summary>
    public static IReadOnlyList<WireHash> ParseScrape(string query) =>
    [
        .. Pairs(query).Where(p => p.Name == "info_hash").Select(p => PercentEncoding.Decode(p.Value, WireHash.Size)).OfType<byte[]>().Select(h => WireHash.Read(h)).Take(MaxScrapes),
    ];

    private static IEnumerable<(string Name, string Value)> Pairs(string query)
    {
        foreach (var part in query.Split('&'))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                yield return (part[..equals], part[(equals + 1)..]);
            }
        }
    }
}
