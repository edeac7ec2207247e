namespace Swarm.Proxy.Cli;

/// <summary>Do programs of this shell come to the proxy?</summary>
internal sealed class ProxyVariableCheck : IDoctorCheck
{
    private const string Topic = "proxy";

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
            yield return IsOurs(value!, facts)
                ? DoctorLine.Good(Topic, $"{name} leads here")
                : DoctorLine.Hint(
                    Topic, $"{name} leads to {WithoutSecrets(value!)}, and this node does not go through other proxies: it asks origins itself",
                    $"export {name}={ours}, or 'swarmstream exec -- CMD' for one command");
        }

        if (!set.Exists(static v => v.Name is "https_proxy" or "all_proxy") && IsOurs(set[0].Value!, facts))
        {
            yield return DoctorLine.Hint(Topic, "https_proxy is not set: https goes past the proxy", $"export https_proxy={ours}");
        }
    }

    private static bool IsOurs(string value, DoctorFacts facts) =>
        Uri.TryCreate(value.Contains("://", StringComparison.Ordinal) ? value : "http://" + value, UriKind.Absolute, out var uri)
        && uri.Port == facts.Proxy.Port && (uri.IsLoopback || uri.Host == facts.Proxy.Address.ToString());

    private static string WithoutSecrets(string value) =>
        Uri.TryCreate(value, UriKind.Absolute, out var uri) ? uri.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped) : "another proxy";

    private static string? Value(IReadOnlyDictionary<string, string> variables, string name) =>
        variables.GetValueOrDefault(name) is { Length: > 0 } lower ? lower
        : variables.GetValueOrDefault(name.ToUpperInvariant()) is { Length: > 0 } upper ? upper
        : null;
}
