using System.CommandLine;

namespace Swarm.Diagnostics.Verbs;

/// <summary>The verbs: what receive buffers of this machine hold, and why. Everything but <c>lab</c> only reads.</summary>
public static class DiagVerbs
{
    public const string Description = "Find connections whose receive buffers hold too much memory; count and time collapses. Read-only; Linux.";

    public static IReadOnlyList<Command> All(DiagHost host) =>
    [
        TopVerb.Build(host),
        WatchVerb.Build(host),
        ExplainVerb.Build(host),
        CheckVerb.Build(host),
        RecordVerb.Build(host),
        ReplayVerb.Build(host),
        AdviseVerb.Build(host),
        LabVerb.Build(host),
        ServeVerb.Build(host),
    ];

    /// <summary>All of them under one verb.</summary>
    public static Command Build(string name, DiagHost host)
    {
        var verb = new Command(name, Description);
        foreach (var each in All(host))
        {
            verb.Add(each);
        }

        return verb;
    }
}
