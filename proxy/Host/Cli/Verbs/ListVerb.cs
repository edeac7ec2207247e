using System.CommandLine;
using System.Globalization;
using System.Text;
using Swarm.Engine.Receipts;
using Swarm.Proxy.Control;

namespace Swarm.Proxy.Cli;

/// <summary><c>ls</c>: the torrents of the running node.</summary>
internal static class ListVerb
{
    public static Command Build(SettingOptions options, Surroundings surroundings)
    {
        var json = new Option<bool>("--json") { Description = "Print the answer of /api/v1/torrents as it is." };
        var verb = new Command("ls", "List the torrents of the running node.") { json };
        options.AddTo(verb, ["data", "control"]);
        verb.SetAction((parsed, cancellation) => RunningNode.PrintAsync(
            surroundings, options.Load(parsed, surroundings), "/api/v1/torrents", ControlJson.Default.IReadOnlyListTorrentView, parsed.GetValue(json), Text, cancellation));
        return verb;
    }

    /// <summary>A line a torrent: identity, state, what is here, size, peers, name; and what there is to say of it.</summary>
    public static string Text(IReadOnlyList<TorrentView> torrents)
    {
        if (torrents.Count == 0)
        {
            return "No torrents. Add one with 'swarmstream add FILE.torrent'.";
        }

        var text = new StringBuilder("INFOHASH      STATE     HERE         SIZE      PEERS  NAME");
        foreach (var torrent in torrents)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"\n{torrent.Infohash[..12]}  {torrent.State,-8}  {PlainUnits.Share(torrent.HaveBytes, torrent.TotalBytes),5}  {PlainUnits.Size(torrent.TotalBytes),11}  {torrent.Peers,9}  {ReceiptLine.Printable(torrent.Name)}");
            if (torrent.Note is { } note)
            {
                text.Append("\n              ").Append(ReceiptLine.Printable(note));
            }
        }

        return text.ToString();
    }
}
