using System.CommandLine;
using Swarm.Proxy.Control;

namespace Swarm.Proxy.Cli;

/// <summary><c>status</c>: asks the running node how it does.</summary>
internal static class StatusVerb
{
    public static Command Build(SettingOptions options, Surroundings surroundings)
    {
        var json = new Option<bool>("--json") { Description = "Print the answer of /api/v1/status as it is." };
        var verb = new Command("status", "Ask the running node how it does.") { json };
        options.AddTo(verb, ["data", "control"]);
        verb.SetAction((parsed, cancellation) => RunningNode.PrintAsync(
            surroundings, options.Load(parsed, surroundings), "/api/v1/status", ControlJson.Default.StatusView, parsed.GetValue(json), StatusText.Format, cancellation));
        return verb;
    }
}
