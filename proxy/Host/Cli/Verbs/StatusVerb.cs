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
        verb.SetAction((parsed, cancellation) => RunAsync(surroundings, options.Load(parsed, surroundings), parsed.GetValue(json), cancellation));
        return verb;
    }

    private static async Task<int> RunAsync(Surroundings surroundings, LoadedSettings loaded, bool json, CancellationToken cancellation)
    {
        var (found, problem, code) = RunningNode.Find(surroundings, loaded);
        if (found is not { } node)
        {
            surroundings.Error.WriteLine(problem);
            return code;
        }

        using (node)
        {
            var answer = await node.GetAsync("/api/v1/status", ControlJson.Default.StatusView, cancellation);
            if (answer.Value is not { } status)
            {
                surroundings.Error.WriteLine(answer.Problem);
                return ExitCode.Failure;
            }

            surroundings.Out.WriteLine(json ? System.Text.Encoding.UTF8.GetString(answer.Body.Span) : StatusText.Format(status));
            return ExitCode.Success;
        }
    }
}
