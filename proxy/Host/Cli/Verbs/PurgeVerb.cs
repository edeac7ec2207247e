using System.CommandLine;
using Swarm.Proxy.Control;

namespace Swarm.Proxy.Cli;

/// <summary><c>purge</c>: forgets stored small answers of the running node. Versions in the piece store ask the origin each time and need none.</summary>
internal static class PurgeVerb
{
    public static Command Build(SettingOptions options, Surroundings surroundings)
    {
        var urls = new Argument<string[]>("URL") { Description = "The URLs as they are asked for.", Arity = ArgumentArity.ZeroOrMore };
        var all = new Option<bool>("--all") { Description = "Forget the answers of all URLs." };
        var verb = new Command("purge", "Forget stored answers of URLs, so that the origin is asked again.") { urls, all };
        options.AddTo(verb, ["data", "control"]);
        verb.SetAction(async (parsed, cancellation) =>
        {
            var named = parsed.GetValue(urls) ?? [];
            if (named.Length > 0 == parsed.GetValue(all))
            {
                surroundings.Error.WriteLine("Name the URLs to forget, or say --all.");
                return ExitCode.Usage;
            }

            return await RunningNode.UseAsync(surroundings, options.Load(parsed, surroundings), node => PurgeAsync(node, named, surroundings, cancellation));
        });
        return verb;
    }

    private static async Task<int> PurgeAsync(NodeClient node, string[] urls, Surroundings surroundings, CancellationToken cancellation)
    {
        var purged = 0;
        foreach (var query in urls.Length == 0 ? [""] : urls.Select(u => "?url=" + Uri.EscapeDataString(u)))
        {
            var answer = await node.SendAsync(HttpMethod.Delete, "/api/v1/cache" + query, null, ControlJson.Default.PurgeResult, cancellation);
            if (answer.Value is null)
            {
                surroundings.Error.WriteLine(answer.Problem);
                return ExitCode.Failure;
            }

            purged += answer.Value.PurgedUrls;
        }

        surroundings.Out.WriteLine(purged == 1 ? "The answers of 1 URL are forgotten." : $"The answers of {purged} URLs are forgotten.");
        return ExitCode.Success;
    }
}
