using System.CommandLine;

namespace Swarm.Proxy.Cli;

/// <summary><c>diag</c>: what receive buffers of this machine hold, and why. Everything under it only reads.</summary>
internal static class DiagVerb
{
    /// <summary>Promised in the contract and not there yet.</summary>
    private static readonly string[] NotBuilt = ["watch", "record", "replay", "advise", "lab", "serve"];

    public static Command Build(Surroundings surroundings, DiagSources sources)
    {
        var verb = new Command("diag", "Find connections whose receive buffers hold too much memory. Read-only; Linux.")
        {
            DiagTopVerb.Build(surroundings, sources),
            DiagCheckVerb.Build(surroundings, sources),
            DiagExplainVerb.Build(surroundings, sources),
        };
        foreach (var name in NotBuilt)
        {
            verb.Add(NotBuiltVerbs.Build(name, surroundings));
        }

        return verb;
    }
}
