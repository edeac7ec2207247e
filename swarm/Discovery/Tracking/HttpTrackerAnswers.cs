using System.Text;
using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>A tracker's HTTP answers (BEP 3, 48): one request head in, one response out. Refusals are answers of status 200, as clients expect them.</summary>
public sealed class HttpTrackerAnswers(Tracker tracker)
{
    /// <param name="head">The request, to its empty line.</param>
    public byte[] Answer(string head, PeerEndpoint from, PeerEndpoint reached, Instant now)
    {
        var line = head.AsSpan(0, Math.Max(0, head.IndexOf('\r', StringComparison.Ordinal)));
        if (!line.StartsWith("GET /", StringComparison.Ordinal))
        {
            return Response("405 Method Not Allowed", "Allow: GET\r\n", "a tracker takes GET\n"u8);
        }

        var target = line[4..];
        target = target[..(target.IndexOf(' ') is >= 0 and var space ? space : target.Length)];
        var question = target.IndexOf('?');
        var path = question < 0 ? target : target[..question];
        var query = question < 0 ? "" : target[(question + 1)..].ToString();
        if (path is not ("/announce" or "/scrape"))
        {
            return Response("404 Not Found", "", "a tracker has /announce and /scrape\n"u8);
        }

        if (!tracker.Hears(from, now))
        {
            return Response("200 OK", "", TrackerAnswer.Refusal("asked too often; once in the interval is enough"));
        }

        return Response("200 OK", "", path is "/announce" ? Announce(query, from, reached, now) : Scrape(query, now));
    }

    /// <summary>A response for who sent no request that can be read.</summary>
    public static byte[] BadRequest() => Response("400 Bad Request", "", "no HTTP request of at most 4 KiB\n"u8);

    private byte[] Announce(string query, PeerEndpoint from, PeerEndpoint reached, Instant now) =>
        !TrackerQuery.TryParse(query, out var parsed, out var error) || !tracker.TryAnnounce(parsed, from, reached, ipv6: null, now, out var answer, out error)
            ? TrackerAnswer.Refusal(error)
            : answer.ToBody();

    private byte[] Scrape(string query, Instant now)
    {
        var hashes = TrackerQuery.ParseScrape(query);
        return hashes.Count == 0
            ? TrackerAnswer.Refusal("a scrape names its torrents; all of them are told to nobody")
            : TrackerAnswer.ScrapeBody(hashes.Select(h => (h, tracker.Scrape(h, now))));
    }

    private static byte[] Response(string status, string fields, ReadOnlySpan<byte> body) =>
        [.. Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {body.Length}\r\nCache-Control: no-store\r\n{fields}Connection: close\r\n\r\n"), .. body];
}
