using Swarm.Engine.Targets;
using Swarm.Proxy.Upstream;

namespace Swarm.Proxy.Cli;

/// <summary>Do programs of this shell come to the proxy?</summary>
internal sealed class ProxyVariableCheck : IDoctorCheck
{
    private const string Topic = "proxy";

    private const int HttpsPort = 443;

    /// <summary>Lower case wins: curl reads http_proxy in no other.</summary>
    private static readonly string[] Names = ["http_proxy", "https_proxy", "all_proxy"];

    public IEnumerable<DoctorLine> Look(DoctorFacts facts)
    {
        var ours = $"http://{facts.Proxy}";
        var set = Names.Select(n => (Name: n, Value: Value(facts.Variables, n))).Where(v => v.Value is not null).ToList();
        if (set.Count == 0)
        {
            yield return DoctorLine.Good(Topic, $"no proxy variable is set: programs come here when told, by 'swarmstream exec -- CMD' or by http_proxy={ours}");
            yield break;
        }

        foreach (var (name, value) in set)
        {
            yield return ProxyAddress.IsOurs(value!, facts.Proxy)
                ? DoctorLine.Good(Topic, $"{name} leads here{(facts.NodeUrl is null ? ": programs of this shell get no answer until a node runs" : "")}")
                : DoctorLine.Hint(
                    Topic, $"{name} leads to {ProxyAddress.Shown(value!)}: programs of this shell go past this node",
                    $"export {name}={ours} in the shells of the programs, not in the node's; or 'swarmstream exec -- CMD' for one command");
        }

        if (!set.Exists(v => ProxyAddress.IsOurs(v.Value!, facts.Proxy)))
        {
            yield break;
        }

        if (!set.Exists(static v => v.Name is "https_proxy" or "all_proxy"))
        {
            yield return DoctorLine.Hint(Topic, "https_proxy is not set: https goes past the proxy", $"export https_proxy={ours}");
        }

        foreach (var line in Exceptions(facts, Value(facts.Variables, "no_proxy")))
        {
            yield return line;
        }
    }

    private static IEnumerable<DoctorLine> Exceptions(DoctorFacts facts, string? list)
    {
        if (list is null)
        {
            yield return DoctorLine.Hint(
                Topic, "no_proxy is not set: programs ask the proxy for this machine's own services too, and it refuses those", $"export no_proxy={ExecEnvironment.ThisMachine}");
            yield break;
        }

        var bypass = new UpstreamBypass(list);
        var hosts = facts.WantedHosts.Append(facts.Site is { } site && Uri.TryCreate(site.Url, UriKind.Absolute, out var url) ? url.Host : "");
        var passed = hosts.Where(h => TargetHost.TryParse(h, out var host) && host.Address is null && bypass.Covers(host, HttpsPort)).Distinct().ToList();
        if (list.Split([',', ' ']).Contains("*"))
        {
            yield return DoctorLine.Hint(Topic, "no_proxy is *: every program of this shell goes past the proxy", $"export no_proxy={ExecEnvironment.ThisMachine}");
        }
        else if (passed.Count > 0)
        {
            yield return DoctorLine.Hint(Topic, $"no_proxy ({list}) covers {string.Join(", ", passed)}: programs of this shell go past the proxy there", "take the entry out of no_proxy (and NO_PROXY)");
        }
    }

    private static string? Value(IReadOnlyDictionary<string, string> variables, string name) => UpstreamChoice.Variable(variables.GetValueOrDefault, name);
}
