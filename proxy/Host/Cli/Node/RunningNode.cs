using Swarm.Proxy.Control;

namespace Swarm.Proxy.Cli;

/// <summary>Finds the node that a verb talks to: that of <c>--data</c> or of this user's folders, or the one at <c>--control</c>.</summary>
internal static class RunningNode
{
    public static (NodeClient? Node, string? Problem, int Code) Find(Surroundings surroundings, LoadedSettings loaded)
    {
        if (loaded.Problem is { } wrong)
        {
            return (null, wrong, ExitCode.Usage);
        }

        var paths = NodePaths.Of(surroundings, loaded.Settings.DataDirectory);
        // A node with --control 127.0.0.1:0 is found by what it left in the runtime folder.
        var named = loaded.Settings.Control.Port > 0 && loaded.Given.ContainsKey("control") ? $"http://{loaded.Settings.Control}" : null;
        var (node, problem) = NodeClient.Find(paths, named);
        return node is not null
            ? (node, null, ExitCode.Success)
            : (null, problem ?? $"No node is running here (there is no {Path.Combine(paths.Runtime, RuntimeFile.FileName)}). Start one with 'swarmstream'.", ExitCode.Failure);
    }
}
