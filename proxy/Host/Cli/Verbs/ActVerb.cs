using System.CommandLine;
using Swarm.Engine.Receipts;
using Swarm.Proxy.Control;

namespace Swarm.Proxy.Cli;

/// <summary><c>pause</c>, <c>recheck</c> and <c>rm</c>: what a person does with the torrents of the running node.</summary>
internal static class ActVerb
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(250);

    public static Command Pause(SettingOptions options, Surroundings surroundings)
    {
        var resume = new Option<bool>("--resume") { Description = "Let them go on again." };
        var verb = Build("pause", "Leave the swarms of torrents, or join them again with --resume.", options, surroundings, parsed => parsed.GetValue(resume) ? TorrentAction.Resume : TorrentAction.Pause);
        verb.Add(resume);
        return verb;
    }

    public static Command Recheck(SettingOptions options, Surroundings surroundings) => Build(
        "recheck", "Hash again what is here of torrents; what is damaged is fetched again.", options, surroundings, static _ => TorrentAction.Recheck);

    public static Command Remove(SettingOptions options, Surroundings surroundings) => Build(
        "rm", "Forget torrents and what the store keeps of them; files you brought stay.", options, surroundings, static _ => TorrentAction.Remove);

    private static Command Build(string name, string help, SettingOptions options, Surroundings surroundings, Func<ParseResult, TorrentAction> action)
    {
        var names = new Argument<string[]>("TORRENT") { Description = "An infohash, its first digits, or the name, as 'ls' shows them.", Arity = ArgumentArity.OneOrMore };
        var verb = new Command(name, help) { names };
        options.AddTo(verb, ["data", "control"]);
        verb.SetAction((parsed, cancellation) => RunningNode.ForEachAsync(
            surroundings, options.Load(parsed, surroundings), parsed.GetValue(names)!, (node, torrent) => ActAsync(node, torrent, action(parsed), surroundings, cancellation)));
        return verb;
    }

    private static async Task<bool> ActAsync(NodeClient node, string name, TorrentAction action, Surroundings surroundings, CancellationToken cancellation)
    {
        var all = await node.GetAsync("/api/v1/torrents", ControlJson.Default.IReadOnlyListTorrentView, cancellation);
        var (torrent, problem) = all.Value is null ? (null, all.Problem) : TorrentName.Find(name, all.Value);
        if (torrent is null)
        {
            return Fail(surroundings, problem!);
        }

        var path = "/api/v1/torrents/" + torrent.Infohash;
        var answer = action == TorrentAction.Remove
            ? await node.SendAsync(HttpMethod.Delete, path, null, ControlJson.Default.TorrentView, cancellation)
            : await node.SendAsync(HttpMethod.Post, $"{path}/{action.ToString().ToLowerInvariant()}", null, ControlJson.Default.TorrentView, cancellation);
        if (answer.Value is null)
        {
            return Fail(surroundings, answer.Problem!);
        }

        var said = action switch
        {
            TorrentAction.Pause => "paused",
            TorrentAction.Resume => "goes on",
            TorrentAction.Remove => "removed",
            _ => await OutcomeAsync(node, torrent.Infohash, cancellation),
        };
        surroundings.Out.WriteLine($"{ReceiptLine.Printable(torrent.Name)}: {said}");
        return true;
    }

    /// <summary>Waits until a check is over; its sentence.</summary>
    public static async Task<string> OutcomeAsync(NodeClient node, string infohash, CancellationToken cancellation)
    {
        while (true)
        {
            var answer = await node.GetAsync("/api/v1/torrents", ControlJson.Default.IReadOnlyListTorrentView, cancellation);
            if (answer.Value?.FirstOrDefault(t => t.Infohash == infohash) is not { } torrent)
            {
                return answer.Problem ?? "removed meanwhile";
            }

            if (torrent.State != "checking")
            {
                return torrent.Note ?? "stopped";
            }

            await Task.Delay(Pace, cancellation);
        }
    }

    private static bool Fail(Surroundings surroundings, string sentence)
    {
        surroundings.Error.WriteLine(sentence);
        return false;
    }
}
