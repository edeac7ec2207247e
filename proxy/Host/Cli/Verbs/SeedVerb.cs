using System.CommandLine;
using Swarm.Engine;
using Swarm.Protocol;
using Swarm.Proxy.Lifetime;
using Swarm.Proxy.Seeding;

namespace Swarm.Proxy.Cli;

/// <summary><c>seed --root DIR</c>: gives the files of a site to swarms beside the site's own web server, until it is told to stop.</summary>
internal sealed class SeedVerb(SettingOptions options, Surroundings surroundings, NodeParts parts, ILifetimeSignals signals)
{
    /// <summary>Below this no proxy of ours joins a swarm either: the answer is there before the first peer.</summary>
    private const string UsualLeast = "1MiB";

    private static readonly IReadOnlyList<string> Settings = ["listen", .. WorkSettings.Names.Except(["swarm-host", "upstream-proxy", "origin-ca"]), "ratio"];

    private readonly Option<string> _root = new("--root") { HelpName = "DIR", Description = "The folder that the web server serves. It is read, never written, but for DIR/.swarm unless --torrents names another place." };
    private readonly Option<string> _origin = new("--origin") { HelpName = "URL", Description = "Seed what streams through, as a reverse proxy. Not built yet.", Hidden = true };
    private readonly Option<string> _webSeed = new("--web-seed") { HelpName = "URL", Description = "The URL that DIR has on the site: clients take from there what no peer has." };
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
        var verb = new Command("seed", "Seed a site's files beside its web server: torrents, magnets and the web server's lines. It watches the folder.")
        {
            _root, _webSeed, _trackers, _torrents, _least, _json, _origin,
        };
        foreach (var (_, option) in _snippets)
        {
            verb.Add(option);
        }

        options.AddTo(verb, Settings);
        verb.SetAction(RunAsync);
        return verb;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
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

        if (plan.Trackers.Count == 0)
        {
            surroundings.Error.WriteLine("No --tracker URL: peers find each other only by the ways that this node and they share besides.");
        }
        else if (plan.Address.Web is { Scheme: "https" } && !plan.Trackers.Any(static t => t.StartsWith("https:", StringComparison.OrdinalIgnoreCase)))
        {
            surroundings.Error.WriteLine("No tracker is https: Swarm nodes that come by the site's https URL ask none that tells others on the line what they fetch.");
        }

        var scan = new SiteScan(plan.Root, new(plan.LeastBytes), [plan.Torrents, RealPath(paths.Cache), RealPath(paths.State)]);
        var seeder = new SiteSeeder(
            scan, folder, SiteArchive.Of(paths.State, plan.Root), new(plan.Address, plan.Trackers), plan.Address, host.Engine.Site, new SiteReport(surroundings, json), TimeProvider.System);
        await Task.Run(() => seeder.RunAsync(stop), CancellationToken.None);
    }

    private (SeedPlan? Plan, string? Problem) Plan(ParseResult parsed)
    {
        if (parsed.GetValue(_origin) is not null)
        {
            return (null, "--origin is not built yet; --root DIR seeds a folder beside the web server that serves it.");
        }

        if (parsed.GetValue(_root) is not { } given)
        {
            return (null, "--root DIR is missing: name the folder that the web server serves.");
        }

        var root = RealPath(surroundings.FullPath(given));
        if (!Directory.Exists(root))
        {
            return (null, $"--root {given}: there is no such folder.");
        }

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

        var torrents = RealPath(parsed.GetValue(_torrents) is { } named ? surroundings.FullPath(named) : Path.Combine(root, ".swarm"));
        if ((root + Path.DirectorySeparatorChar).StartsWith(torrents + Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            // What is in that folder and no torrent of ours is deleted.
            return (null, $"--torrents {torrents}: the site itself lies in there; name a folder of its own.");
        }

        return SiteSnippets.Problem(address, torrents) is { } odd && _snippets.Any(s => parsed.GetValue(s.Option))
            ? (null, odd)
            : (new(root, address, trackers, torrents, leastBytes), null);
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
