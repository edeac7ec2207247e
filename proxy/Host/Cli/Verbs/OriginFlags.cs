using System.CommandLine;
using System.Net;
using Swarm.Proxy.Origin;
using Swarm.Proxy.Seeding;

namespace Swarm.Proxy.Cli;

/// <summary>The flags of <c>seed</c> that make it a reverse proxy.</summary>
internal sealed class OriginFlags
{
    private readonly Option<string[]> _origins = Many("--origin", "URL",
        "Stand before the web server at URL: visitors come to --listen, and what streams through is seeded. Several with the same files: one is asked, the others if it fails.");

    private readonly Option<string[]> _trustProxies = Many("--trust-proxies", "CIDR", "With --origin: believe X-Forwarded fields of connections from these networks.");

    private readonly Option<string[]> _siblings = Many("--sibling", "URL", "With --origin: another seeding node of the site, by the address at which it answers; torrents that it made are joined.");

    public void AddTo(Command verb)
    {
        verb.Add(_siblings);
        verb.Add(_origins);
        verb.Add(_trustProxies);
    }

    public bool AreGiven(ParseResult parsed) => parsed.GetValue(_origins) is { Length: > 0 };

    /// <summary>Null with a sentence where one of them is wrong.</summary>
    public OriginPlan? TryPlan(ParseResult parsed, SiteAddress address, IReadOnlyList<string> trackers, long leastBytes, ISiteReport report, out string? problem)
    {
        if (Sites(parsed, _origins, "http://127.0.0.1:8080", out problem) is not { } origins || Sites(parsed, _siblings, "http://10.0.0.2", out problem) is not { } siblings)
        {
            return null;
        }

        var networks = new List<IPNetwork>();
        foreach (var text in parsed.GetValue(_trustProxies) ?? [])
        {
            if (!IPNetwork.TryParse(text, out var network))
            {
                problem = $"--trust-proxies: '{text}' is not a network; write e.g. 10.0.0.0/8 or 127.0.0.1/32.";
                return null;
            }

            networks.Add(network);
        }

        problem = address.RawPrefix == "/" ? null : "--web-seed: with --origin it is the whole site that is seeded; write its URL without a path, e.g. https://files.example.org/";
        return problem is null ? new(origins, siblings, address, trackers, leastBytes, networks, report) : null;
    }

    private static List<OriginTarget>? Sites(ParseResult parsed, Option<string[]> option, string example, out string? problem)
    {
        var sites = new List<OriginTarget>();
        foreach (var text in parsed.GetValue(option) ?? [])
        {
            if (SiteOf(text) is not { } site)
            {
                problem = $"{option.Name}: '{text}' is no http or https URL of a server; write e.g. {example}, without a path.";
                return null;
            }

            sites.Add(site);
        }

        problem = null;
        return sites;
    }

    private static OriginTarget? SiteOf(string text) =>
        OriginTarget.TryParse(text, TargetForm.AbsoluteForm, out var origin) && origin.PathAndQuery == "/" ? origin : null;

    private static Option<string[]> Many(string name, string value, string help) =>
        new(name) { HelpName = value, Description = help, Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = true };
}
