using System.Net.Http.Headers;
using Swarm.Protocol;
using Swarm.Proxy.Control;

namespace Swarm.Proxy.Cli;

/// <summary>Gives a torrent to a node, as its API takes it.</summary>
internal static class TorrentGiver
{
    /// <param name="keep">Whether the node remembers it over a restart.</param>
    /// <param name="path">The full path of a folder with files of it; null without.</param>
    public static async Task<NodeAnswer<TorrentView>> GiveAsync(NodeClient node, TargetText target, bool keep, CancellationToken cancellation, string? path = null)
    {
        if (target.Kind == TargetKind.Magnet)
        {
            return Refused("magnets are not built yet; give a .torrent file.");
        }

        byte[] bytes;
        try
        {
            if (new FileInfo(target.Text).Length > MetainfoLimits.Default.MaxBytes)
            {
                return Refused($"{target.Text} is no torrent: it is larger than {MetainfoLimits.Default.MaxBytes} bytes.");
            }

            bytes = await File.ReadAllBytesAsync(target.Text, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Refused($"{target.Text} cannot be read: {ErrorText.Of(e)}.");
        }

        using var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-bittorrent");
        var answer = await node.SendAsync(HttpMethod.Post, $"/api/v1/torrents?keep={(keep ? "true" : "false")}{(path is null ? "" : "&path=" + Uri.EscapeDataString(path))}", content, ControlJson.Default.TorrentView, cancellation);
        return answer is { Value: null, IsGone: false } ? answer with { Problem = $"{target.Text}: {answer.Problem}" } : answer;
    }

    private static NodeAnswer<TorrentView> Refused(string sentence) => new(null, sentence, 422, default);
}
