using System.CommandLine;
using Swarm.Proxy.Lifetime;

namespace Swarm.Proxy.Cli;

/// <summary><c>log replay DIR|FILE</c>: were the recorded decisions the same today?</summary>
internal static class LogVerb
{
    public static Command Build(Surroundings surroundings, ILogReplay? replay)
    {
        var path = new Argument<string>("DIR|FILE") { Description = "A folder that --record filled, or one log of it." };
        var verb = new Command("replay", "Run recorded event logs through the scheduler again and compare every decision.");
        verb.Add(path);
        verb.SetAction(async (parsed, cancellation) =>
        {
            if (replay is null)
            {
                surroundings.Error.WriteLine("'log replay' is not built yet: this version records no event logs.");
                return ExitCode.Usage;
            }

            var log = surroundings.FullPath(parsed.GetValue(path)!);
            if (!File.Exists(log) && !Directory.Exists(log))
            {
                surroundings.Error.WriteLine($"{log} does not exist; name a folder that --record filled, or one log of it.");
                return ExitCode.Failure;
            }

            return await replay.RunAsync(log, surroundings.Out, surroundings.Error, cancellation) ? ExitCode.Success : ExitCode.Failure;
        });

        var group = new Command("log", "Work with recorded event logs.") { verb };
        foreach (var name in new[] { "explain", "evaluate" })
        {
            group.Add(NotBuiltVerbs.Build(name, surroundings));
        }

        return group;
    }
}
