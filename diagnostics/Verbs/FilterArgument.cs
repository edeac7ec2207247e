using System.CommandLine;
using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Verbs;

/// <summary>The filter expression at the end of a command line, quoted or in words.</summary>
internal static class FilterArgument
{
    public static Argument<string[]> Create(string name, string description, bool required = false) => new(name)
    {
        Arity = required ? ArgumentArity.OneOrMore : ArgumentArity.ZeroOrMore,
        Description = description,
    };

    /// <summary>The filter; null after a sentence on standard error.</summary>
    public static SocketFilter? TryRead(DiagHost host, string[]? words)
    {
        var filter = SocketFilter.TryParse(string.Join(' ', words ?? []), out var problem);
        if (filter is null)
        {
            host.Error.WriteLine($"The filter is not understood: {problem}. For example: 'sport = :443 and rmem > 1M'.");
        }

        return filter;
    }
}
