namespace Swarm.Proxy.Cli;

/// <summary>One file to fetch: where a node serves it, what it is called, and what must be told to a node first.</summary>
/// <param name="Source">What it is, whatever node serves it: the URL, or <c>torrent:INFOHASH/PATH</c>. Also the name of its resource in the API.</param>
/// <param name="Label">What a person reads.</param>
/// <param name="Address">Its address on a node's proxy port.</param>
/// <param name="Torrent">The torrent it belongs to; null for a URL.</param>
/// <param name="UserInfo">Name and password that stood in the URL.</param>
internal sealed record GetItem(string Source, string Label, Func<NodeSeat, Uri> Address, TargetText? Torrent, string? UserInfo)
{
    /// <summary>The torrent's identity; null for a URL.</summary>
    public string? Infohash { get; private init; }

    public static GetItem OfUrl(TargetText target)
    {
        var url = new Uri(target.Text);
        var plain = target with { Text = target.Absolute() };
        return new(plain.Text, target.SuggestedName(), seat => plain.OnGateway(seat.Proxy), null, url.UserInfo.Length == 0 ? null : Uri.UnescapeDataString(url.UserInfo));
    }

    public static GetItem OfTorrentFile(TargetText target, string infohash, string path, string url)
    {
        var local = new Uri(url).PathAndQuery;
        return new($"torrent:{infohash}/{path}", path[(path.LastIndexOf('/') + 1)..], seat => new Uri(seat.Proxy + local), target, null) { Infohash = infohash };
    }
}
