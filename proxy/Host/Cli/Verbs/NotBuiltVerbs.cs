using System.CommandLine;

namespace Swarm.Proxy.Cli;

/// <summary>The verbs that are promised but not built: each ends with one sentence, whatever follows it.</summary>
internal static class NotBuiltVerbs
{
    /// <summary>Hidden: the help lists what there is.</summary>
    public static Command Build(string name, Surroundings surroundings)
    {
        var verb = new Command(name, "Not built yet.") { Hidden = true, TreatUnmatchedTokensAsErrors = false };
        verb.SetAction(_ =>
        {
            surroundings.Error.WriteLine($"'{name}' is not built yet; 'swarmstream --help' lists what is.");
            return ExitCode.Usage;
        });
        return verb;
    }
}
