using System.CommandLine;
using Swarm.Engine;
using Swarm.Protocol;
using Swarm.Proxy.Lifetime;
using Swarm.Proxy.Seeding;

namespace Swarm.Proxy.Cli;

/// <summary>
/// <c>seed</c>: gives the files of a site to swarms until it is told to stop; with <c>--root DIR</c> beside the site's own web server, with
/// <c>--origin URL</c> standing before it.
/// </summary>
internal sealed class SeedVerb(SettingOptions options, Surroundings surroundings, NodeParts parts, ILifetimeSignals signals)
{
    /// <summary>Below this no proxy of ours joins a swarm either: the answer is there before the first peer.</summary>
    private const string UsualLeast = "1MiB";

    private static readonly IReadOnlyList<string> Settings = 
        ["listen", .. WorkSettings.Names.Except(["swarm-host", "upstream-proxy"]), "ratio", "tracker-listen", "access-log", "access-log-format"];

    private readonly Option<string> _root = new("--root") { HelpName = "DIR", Description = "The folder that the web server serves. It is read, never written, but for DIR/.swarm unless --torrents names another place." };
    private readonly OriginFlags _origin = new();
    private readonly Option<string> _webSeed = new("--web-seed") { HelpName = "URL", Description = "The URL that DIR, or the site before --origin, has for visitors: clients take from there what no peer has." };
    private readonly Option<string[]> _trackers = new("--tracker")
    {
        HelpName = "URL",
        Description = "An announce URL (http, https, udp) for the torrents; several are tried in this order.",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string> _torrents = new("--torrents") { HelpName = "DIR", Description = "Where torrents are put for the web server to give away. Default: .swarm in the root." };
    private readonly Option<string> _least = new("--min-size") { HelpName = "SIZE", Description = $"Leave smaller files to plain HTTP. Default: {UsualLeast}." };
    private readonly Option<bool> _json = new("--json") { Description = "Print a JSON object a line for each file that is published or retired." };
    private readonly IReadOnlyList<(ISiteSnippet Snippet, Option<bool> Option)> _snippets =
        [.. SiteSnippets.All.Select(static s => (s, new Option<bool>("--" + s.Name) { Description = $"Print the lines that {s.Title} needs, before all else." }))];

    public Command Build()
    {
        var verb = new Command("seed", "Seed a site's files: torrents, magnets, Links. Beside its web server (--root), whose lines it prints, or before it (--origin).")
        {
            _root, _webSeed, _trackers, _torrents, _least, _json,
        };
        foreach (var (_, option) in _snippets)
        {
            verb.Add(option);
        }

        _origin.AddTo(verb);
        options.AddTo(verb, Settings);
        verb.SetAction(RunAsync);
        return verb;
    }

    private Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation) =>
        _origin.AreGiven(parsed) ? RunBeforeAsync(parsed, cancellation) : RunBesideAsync(parsed, cancellation);

    private async Task<int> RunBesideAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var (plan, problem) = Plan(parsed);
        if (plan is null)
        {
            surroundings.Error.WriteLine(problem);
            return ExitCode.Usage;
        }

        var (folder, unusable) = TorrentFolder.Open(plan.Torrents);
        if (folder is null)
        {
            surroundings.Error.WriteLine(unusable);
            return ExitCode.Failure;
        }

        foreach (var (snippet, option) in _snippets)
        {
            if (parsed.GetValue(option))
            {
                surroundings.Out.Write(snippet.Write(plan.Address, plan.Torrents));
            }
        }

        return await new NodeRun(options, surroundings, parts, signals).RunAsync(
            parsed, AsSeed, (host, settings, stop) => SeedAsync(plan, folder, host, settings, parsed.GetValue(_json), stop), cancellation);
    }

    private async Task<int> RunBeforeAsync(ParseResult parsed, CancellationToken cancellation)
    {
        OriginPlan? plan = null;
        var (site, problem) = Common(parsed);
        if (parsed.GetValue(_root) is not null || parsed.GetValue(_torrents) is not null || _snippets.Any(s => parsed.GetValue(s.Option)))
        {
            problem = "--origin stands before the web server, --root, --torrents and a web server's lines are for seeding beside it; choose one.";
        }
        else if (site is { } common)
        {
            plan = _origin.TryPlan(parsed, common.Address, common.Trackers, common.LeastBytes, new SiteReport(surroundings, parsed.GetValue(_json)), out problem);
        }

        if (plan is null || problem is not null)
        {
            surroundings.Error.WriteLine(problem);
            return ExitCode.Usage;
        }

        return await new NodeRun(options, surroundings, parts, signals, isProxy: false).RunAsync(
            parsed,
            loaded =>
            {
                AsSeed(loaded);
                loaded.Settings = loaded.Settings with { Site = plan, Upstream = null };
            },
            (host, _, stop) =>
            {
                surroundings.Error.WriteLine($"Dashboard:   {host.DashboardUrl}");
                surroundings.Error.WriteLine($"Site:        http://{host.ProxyEndPoint}/, torrents at http://{host.ProxyEndPoint}{SiteAddress.TorrentsPath}/");
                TellOfTrackers(plan.Address, [.. TrackerUrls.Of(host.Engine.TrackerEndPoint, plan.Address), .. plan.Trackers], host);
                return Task.CompletedTask;
            },
            cancellation);
    }

    /// <summary>A seeding node gives, unless it is told otherwise.</summary>
    private static void AsSeed(LoadedSettings loaded)
    {
        if (!loaded.Given.ContainsKey("share"))
        {
            loaded.Settings = loaded.Settings with { Share = ShareMode.Seed };
        }
    }

    private async Task SeedAsync(SeedPlan plan, TorrentFolder folder, ProxyHost host, ProxySettings settings, bool json, CancellationToken stop)
    {
        var paths = NodePaths.Of(surroundings, settings.DataDirectory);
        surroundings.Error.WriteLine($"Dashboard:   {host.DashboardUrl}");
        surroundings.Error.WriteLine($"Torrents:    {plan.Torrents}");
        if (plan.Address.Web is null)
        {
            surroundings.Error.WriteLine("No --web-seed URL: clients get the files from peers alone, this node first.");
        }

        IReadOnlyList<string> trackers = [.. TrackerUrls.Of(host.Engine.TrackerEndPoint, plan.Address), .. plan.Trackers];
        TellOfTrackers(plan.Address, trackers, host);
        var scan = new SiteScan(plan.Root, new(plan.LeastBytes), [plan.Torrents, RealPath(paths.Cache), RealPath(paths.State)]);
        // Dialled as its owner typed it, wherever it leads: it is this command line's, and nothing of the answer goes anywhere.
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(5) });
        var report = new WebSeedLook(new SiteReport(surroundings, json), http, TimeProvider.System, stop);
        var seeder = new SiteSeeder(
            scan, folder, SiteArchive.Of(paths.State, plan.Root), new(plan.Address, trackers), plan.Address, host.Engine.Site, report, TimeProvider.System);
        await Task.Run(() => seeder.RunAsync(stop), CancellationToken.None);
        await report.Looking;
    }

    private void TellOfTrackers(SiteAddress address, IReadOnlyList<string> trackers, ProxyHost host)
    {
        if (host.Engine.TrackerEndPoint is { } own && TrackerUrls.Of(own, address).Count == 0)
        {
            surroundings.Error.WriteLine($"The tracker at {own} is in no torrent, for nobody said what others call this machine: add --web-seed URL, or let it listen at one address.");
        }

        if (trackers.Count == 0)
        {
            surroundings.Error.WriteLine("No tracker: peers find each other only by the ways that this node and they share besides; --tracker-listen [::]:6969 runs one here, --tracker URL names another.");
        }
        else if (address.Web is { Scheme: "https" } && !trackers.Any(static t => t.StartsWith("https:", StringComparison.OrdinalIgnoreCase)))
        {
            surroundings.Error.WriteLine("No tracker is https: Swarm nodes that come by the site's https URL ask none that tells others on the line what they fetch.");
        }
    }

    private (SeedPlan? Plan, string? Problem) Plan(ParseResult parsed)
    {
        if (parsed.GetValue(_root) is not { } given)
        {
            return (null, "--root DIR is missing: name the folder that the web server serves, or the server to stand before with --origin URL.");
        }

        var root = RealPath(surroundings.FullPath(given));
        if (!Directory.Exists(root))
        {
            return (null, $"--root {given}: there is no such folder.");
        }

        var (site, wrong) = Common(parsed);
        if (site is not { } common)
        {
            return (null, wrong);
        }

        var torrents = RealPath(parsed.GetValue(_torrents) is { } named ? surroundings.FullPath(named) : Path.Combine(root, ".swarm"));
        if ((root + Path.DirectorySeparatorChar).StartsWith(torrents + Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            // What is in that folder and no torrent of ours is deleted.
            return (null, $"--torrents {torrents}: the site itself lies in there; name a folder of its own.");
        }

        return SiteSnippets.Problem(common.Address, torrents) is { } odd && _snippets.Any(s => parsed.GetValue(s.Option))
            ? (null, odd)
            : (new(root, common.Address, common.Trackers, torrents, common.LeastBytes), null);
    }

    /// <summary>What both ways of seeding are told alike.</summary>
    private ((SiteAddress Address, IReadOnlyList<string> Trackers, long LeastBytes)? Site, string? Problem) Common(ParseResult parsed)
    {
        var trackers = parsed.GetValue(_trackers) ?? [];
        if (trackers.FirstOrDefault(static url => !MetainfoBuilder.IsTracker(url)) is { } bad)
        {
            return (null, $"--tracker: '{bad}' is no URL of a tracker; write http://, https:// or udp://HOST:PORT/announce.");
        }

        if (SiteAddress.TryParse(parsed.GetValue(_webSeed), out var noUrl) is not { } address)
        {
            return (null, noUrl);
        }

        var least = parsed.GetValue(_least) ?? UsualLeast;
        if (!SizeText.TryParseSize(least, out var leastBytes))
        {
            return (null, $"--min-size: '{least}' is not a size; write {SizeText.SizeExample}.");
        }

        return ((address, trackers, leastBytes), null);
    }

    /// <summary>With links resolved, so that what is inside can be told from what is not.</summary>
    private static string RealPath(string path)
    {
        path = Path.TrimEndingDirectorySeparator(path);
        try
        {
            for (var at = path; Path.GetDirectoryName(at) is { } above; at = above)
            {
                if (new DirectoryInfo(at).ResolveLinkTarget(returnFinalTarget: true) is { } target)
                {
                    return RealPath(target.FullName + path[at.Length..]);
                }
            }
        }
        catch (IOException)
        {
            // A circle of links: nothing is there.
        }

        return path;
    }

    private sealed record SeedPlan(string Root, SiteAddress Address, IReadOnlyList<string> Trackers, string Torrents, long LeastBytes);
}
