using System.Globalization;

namespace Swarm.Proxy.Cli;

/// <summary>Does a site's file have a swarm that visitors can join: a Link, a torrent of these very bytes, a web seed, a tracker, a peer?</summary>
internal sealed class SwarmCheck : IDoctorCheck
{
    private const string Topic = "swarm";
    private const string Snippet = "run 'swarmstream seed --root DIR --web-seed URL --nginx' beside the site (or --caddy, --apache), include what it prints, reload the web server";

    public IEnumerable<DoctorLine> Look(DoctorFacts facts) =>
        facts.Site is not { Problem: null } || facts.Swarm is not { } swarm ? []
        : swarm.TorrentUrl is null ? [DoctorLine.Hint(Topic, "it names no torrent: no Link with rel=describedby and type=\"application/x-bittorrent\"",
            $"{Snippet}; a location with add_header lines of its own needs the Link line, too; a file is named once it is hashed")]
        : swarm.TorrentProblem is { } problem ? [DoctorLine.Bad(Topic, $"its torrent {swarm.TorrentUrl}: {problem}", "include the whole of what 'swarmstream seed' prints, and give the web server's user the right to read the folder of torrents (--torrents DIR)")]
        : [DoctorLine.Good(Topic, $"it names its torrent, {swarm.TorrentUrl}"), Content(swarm), WebSeed(facts.Site.Url, swarm), .. Trackers(swarm), .. Unasked(swarm), .. Peers(swarm)];

    private static DoctorLine Content(SwarmFact swarm)
    {
        const string fix = "see that 'swarmstream seed' runs and watches the folder that the site serves: it retires the old version at once, and names the new one once it is hashed";
        return swarm.SiteBytes is { } bytes && bytes != swarm.TorrentBytes ? DoctorLine.Bad(Topic, $"the file has {Number(bytes)} bytes, its torrent is of one with {Number(swarm.TorrentBytes)}", fix)
            : swarm.PieceProblem is { } problem ? DoctorLine.Bad(Topic, problem, fix)
            : DoctorLine.Good(Topic, $"{Number(swarm.PiecesCompared)} {(swarm.PiecesCompared == 1 ? "piece" : "pieces")} of the file, compared, {(swarm.PiecesCompared == 1 ? "is" : "are")} the torrent's");
    }

    private static DoctorLine WebSeed(string url, SwarmFact swarm) =>
        swarm.IsOwnWebSeed ? DoctorLine.Good(Topic, "the URL is a web seed of the torrent")
        : swarm.WebSeeds.Count == 0 ? DoctorLine.Hint(Topic, "the torrent names no web seed: what no peer has, nobody gets", "give 'swarmstream seed' the URL of its root: --web-seed URL")
        : DoctorLine.Bad(Topic, $"the torrent's web seed is {swarm.WebSeeds[0]}, not {url}", "give 'swarmstream seed' the URL that its root really has on the site: --web-seed URL");

    private static IEnumerable<DoctorLine> Trackers(SwarmFact swarm)
    {
        if (swarm.Trackers.Count == 0)
        {
            yield return DoctorLine.Hint(Topic, "the torrent names no tracker", "give 'swarmstream seed' one: --tracker URL");
        }

        foreach (var tracker in swarm.Trackers)
        {
            yield return tracker switch
            {
                { Problem: { } problem } => DoctorLine.Bad(Topic, $"tracker {tracker.Url}: {problem}", "see that it runs, is reachable and knows the torrent (opentracker has a white list), or name another with --tracker URL; a private one needs --allow-target HOST here"),
                { Seeds: 0 } => DoctorLine.Hint(Topic, $"tracker {tracker.Url} knows no seed", "see that 'swarmstream seed' runs and reaches the tracker; it announces when a file is hashed"),
                _ => DoctorLine.Good(Topic, $"tracker {tracker.Url} answers{(tracker.Seeds is { } seeds ? string.Create(CultureInfo.InvariantCulture, $", {seeds} {(seeds == 1 ? "seed" : "seeds")}") : "")}"),
            };
        }
    }

    private static IEnumerable<DoctorLine> Unasked(SwarmFact swarm) => swarm.UnaskedTrackers == 0 ? [] :
        [DoctorLine.Hint(Topic, $"the torrent names {Number(swarm.UnaskedTrackers)} more {(swarm.UnaskedTrackers == 1 ? "tracker" : "trackers")}, which were not asked", "name a few that are well: each visitor's client asks them all, one after another")];

    private static IEnumerable<DoctorLine> Peers(SwarmFact swarm)
    {
        if (swarm.Peers.Count == 0)
        {
            return swarm.Trackers.Any(static t => t.Problem is null) ? [DoctorLine.Hint(Topic, "the trackers name no peer", "see that 'swarmstream seed' runs and reaches the tracker")] : [];
        }

        var reached = swarm.Peers.Where(static p => p.Problem is null).ToList();
        return reached.Count > 0
            ? [DoctorLine.Good(Topic, $"{Number(reached.Count)} of {Number(swarm.Peers.Count)} {(swarm.Peers.Count == 1 ? "peer" : "peers")} that were dialled can be reached from here, {reached[0].Address} among them")]
            : [DoctorLine.Bad(Topic, $"no peer can be reached from here: {swarm.Peers[0].Address}: {swarm.Peers[0].Problem}", "open the seeding node's peer port (--peer-listen [::]:51413) in firewall and router; from inside its network, ask from outside")];
    }

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
