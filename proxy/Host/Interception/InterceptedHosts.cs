using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using Swarm.Engine.Targets;

namespace Swarm.Proxy.Interception;

/// <summary>The hosts whose https is opened: names, <c>*.name</c> for every name below one, and addresses. Nothing is implied: <c>example.org</c> is that name alone.</summary>
public sealed class InterceptedHosts
{
    private const string Below = "*.";

    private readonly FrozenSet<string> _exact;
    private readonly string[] _suffixes;

    private InterceptedHosts(IReadOnlyList<string> texts, IReadOnlyList<TargetHost> hosts)
    {
        Texts = texts;
        Hosts = hosts;
        _exact = texts.Where(static t => !t.StartsWith(Below, StringComparison.Ordinal)).ToFrozenSet();
        _suffixes = [.. texts.Where(static t => t.StartsWith(Below, StringComparison.Ordinal)).Select(static t => t[1..])];
    }

    /// <summary>As written by the user, in one spelling each, sorted and without repetition: two equal sets have equal texts.</summary>
    public IReadOnlyList<string> Texts { get; }

    /// <summary>The names and addresses in <see cref="Texts"/>, a <c>*.</c> taken off.</summary>
    internal IReadOnlyList<TargetHost> Hosts { get; }

    public static bool TryParse(IEnumerable<string> values, [NotNullWhen(true)] out InterceptedHosts? hosts, [NotNullWhen(false)] out string? problem)
    {
        var parsed = new SortedDictionary<string, TargetHost>(StringComparer.Ordinal);
        (hosts, problem) = (null, null);
        foreach (var value in values)
        {
            var below = value.StartsWith(Below, StringComparison.Ordinal);
            if (!TargetHost.TryParse(below ? value.AsSpan(2) : value, out var host) || (below && host.Address is not null))
            {
                problem = $"'{value}' is not a host; write a name such as files.example.org, *.example.org for the names below it, or an address, without scheme or port.";
                return false;
            }

            // A whole top-level domain would make the constraint worthless.
            if (host.Address is null && !host.Name.Contains('.', StringComparison.Ordinal) && (below || host.Name != "localhost"))
            {
                problem = $"'{value}' covers a whole top-level domain; name the hosts themselves.";
                return false;
            }

            parsed.TryAdd((below ? Below : "") + host.Name, host);
        }

        if (parsed.Count == 0)
        {
            problem = "No host is named.";
            return false;
        }

        hosts = new InterceptedHosts([.. parsed.Keys], [.. parsed.Values]);
        return true;
    }

    public bool Cover(TargetHost host) =>
        _exact.Contains(host.Name) || (host.Address is null && _suffixes.Any(suffix => host.Name.Length > suffix.Length && host.Name.EndsWith(suffix, StringComparison.Ordinal)));
}
