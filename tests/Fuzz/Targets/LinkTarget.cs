using Swarm.Http;

namespace Swarm.Fuzz.Targets;

/// <summary>Link (RFC 8288 §3): only URLs that the metafile rule allows come out, and an anchor always discards its link.</summary>
public sealed class LinkTarget : IFuzzTarget
{
    private const string Resource = "https://site.example/dir/film.mp4";

    public string Name => "link";

    public IReadOnlyList<byte[]> Corpus { get; } = HttpText.Bytes(
        "<film.torrent>; rel=describedby; type=\"application/x-bittorrent\"",
        "<a>; title=\", <x>\", <//cdn.example/f.torrent>; rel=\"alternate describedby\"; type=application/x-bittorrent, <https://m.example/f>; rel=duplicate; pri=1");

    public IReadOnlyList<byte[]> Tokens { get; } = HttpText.Bytes(
        "<", ">", ";", ",", "\"", "\\", "rel=describedby", "type=\"application/x-bittorrent\"", "anchor=", "https://", "http://", "//", "@", "%", "%00", "[::1]", "#", "?", "..", ":99999");

    public void Run(ReadOnlyMemory<byte> input)
    {
        var text = HttpText.Of(input);
        var found = MetafileLinks.Of(HttpText.Fields(("Link", text), ("Link", $"<{text}>; rel=describedby; type=\"application/x-bittorrent\"")), Resource);
        foreach (var url in found.Metafiles.Concat(found.Duplicates))
        {
            FuzzFailure.Unless(MetafileRule.Judge(Resource, url) == MetafileVerdict.Allowed && url.StartsWith("https://", StringComparison.Ordinal), "an allowed https URL");
        }

        FuzzFailure.Unless(LinkHeader.Parse([text]).Count <= LinkHeader.MaxLinks, "no more links than allowed");
        var anchored = LinkHeader.Parse([$"<anchored-one>; anchor=\"x\"; {text}"]);
        FuzzFailure.Unless(anchored.All(link => link.HasAnchor || link.Target != "anchored-one"), "an anchor is never overlooked");
        _ = MetafileRule.Judge(text, text);
    }
}
