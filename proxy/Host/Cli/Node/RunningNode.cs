using System.Text;
using System.Text.Json.Serialization.Metadata;
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

    /// <summary>Finds the node and uses it; where there is none, says why. The verb's exit code.</summary>
    public static async Task<int> UseAsync(Surroundings surroundings, LoadedSettings loaded, Func<NodeClient, Task<int>> use)
    {
        var (found, problem, code) = Find(surroundings, loaded);
        if (found is not { } node)
        {
            surroundings.Error.WriteLine(problem);
            return code;
        }

        using (node)
        {
            return await use(node);
        }
    }

    /// <summary>Does something with each of what the user named, the others too where one fails; 0 only if all went well.</summary>
    public static Task<int> ForEachAsync(Surroundings surroundings, LoadedSettings loaded, IEnumerable<string> named, Func<NodeClient, string, Task<bool>> act) =>
        UseAsync(surroundings, loaded, async node =>
        {
            var failed = false;
            foreach (var name in named)
            {
                failed |= !await act(node, name);
            }

            return failed ? ExitCode.Failure : ExitCode.Success;
        });

    /// <summary>Prints one of the API's answers, as it is (<paramref name="json"/>) or in words.</summary>
    public static Task<int> PrintAsync<T>(
        Surroundings surroundings, LoadedSettings loaded, string path, JsonTypeInfo<T> type, bool json, Func<T, string> words, CancellationToken cancellation)
        where T : class =>
        UseAsync(surroundings, loaded, async node =>
        {
            var answer = await node.GetAsync(path, type, cancellation);
            if (answer.Value is not { } value)
            {
                surroundings.Error.WriteLine(answer.Problem);
                return ExitCode.Failure;
            }

            surroundings.Out.WriteLine(json ? Encoding.UTF8.GetString(answer.Body.Span) : words(value));
            return ExitCode.Success;
        });
}
