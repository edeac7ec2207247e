using System.CommandLine;
using Swarm.Engine.Receipts;

namespace Swarm.Proxy.Cli;

/// <summary><c>add</c>: gives torrents to the running node, to keep.</summary>
internal static class AddVerb
{
    public static Command Build(SettingOptions options, Surroundings surroundings)
    {
        var targets = new Argument<string[]>("FILE.torrent|MAGNET") { Description = "Torrents for the node to keep.", Arity = ArgumentArity.OneOrMore };
        var folder = new Option<string>("--path") { HelpName = "DIR", Description = "Files of it that you have already lie in DIR: they are checked and shared from there, never written." };
        var verb = new Command("add", "Give torrents to the running node; it keeps them over a restart.") { targets, folder };
        options.AddTo(verb, ["data", "control"]);
        verb.SetAction((parsed, cancellation) =>
        {
            var path = parsed.GetValue(folder) is { } given ? surroundings.FullPath(given) : null;
            return RunningNode.ForEachAsync(
                surroundings, options.Load(parsed, surroundings), parsed.GetValue(targets)!, (node, text) => AddAsync(node, text, path, surroundings, cancellation));
        });
        return verb;
    }

    private static async Task<bool> AddAsync(NodeClient node, string text, string? path, Surroundings surroundings, CancellationToken cancellation)
    {
        var (target, problem) = TargetText.Parse(text, surroundings);
        if (target is null or { Kind: TargetKind.Url })
        {
            surroundings.Error.WriteLine(problem ?? $"'{text}' is a URL; add takes a magnet link or a .torrent file.");
            return false;
        }

        var answer = await TorrentGiver.GiveAsync(node, target, keep: true, cancellation, path);
        if (answer.Value is not { } torrent)
        {
            surroundings.Error.WriteLine(answer.Problem);
            return false;
        }

        surroundings.Out.WriteLine($"{(answer.Status == 200 ? "Known" : "Added")}: {ReceiptLine.Printable(torrent.Name)}, {PlainUnits.Size(torrent.TotalBytes)}, {torrent.Infohash}");
        if (path is not null)
        {
            surroundings.Out.WriteLine(await ActVerb.OutcomeAsync(node, torrent.Infohash, cancellation));
        }

        return true;
    }
}
