namespace Swarm.Http;

/// <summary>The links of a response that matter here: metafiles that describe its body, and duplicates of it (RFC 6249).</summary>
/// <param name="Metafiles">Allowed by <see cref="MetafileRule"/>, resolved, in the order given, without repetition.</param>
/// <param name="Duplicates">Mirrors, best priority first, allowed by <see cref="MetafileRule.MayMirror"/>.</param>
public sealed record MetafileLinks(IReadOnlyList<string> Metafiles, IReadOnlyList<string> Duplicates)
{
    private const int MaxEach = 8;

    private static readonly MediaType Torrent = new("application", "x-bittorrent");

    /// <param name="finalUrl">The URL that answered, after redirects: relative targets and origins are judged by it.</param>
    public static MetafileLinks Of(HttpFields response, string finalUrl)
    {
        var links = LinkHeader.Parse(response.Lines("Link")).Where(link => !link.HasAnchor).ToList();
        return new(
            Usable(links.Where(link => link.HasRelation("describedby") && MediaType.Parse(link.Type) == Torrent), finalUrl, url => MetafileRule.Judge(finalUrl, url) == MetafileVerdict.Allowed),
            Usable(links.Where(link => link.HasRelation("duplicate")).OrderBy(link => link.Priority), finalUrl, url => MetafileRule.MayMirror(finalUrl, url)));
    }

    private static List<string> Usable(IEnumerable<Link> links, string finalUrl, Func<string, bool> isAllowed) =>
    [
        .. links.Select(link => MetafileRule.Resolve(finalUrl, link.Target))
            .OfType<string>()
            .Where(isAllowed)
            .Distinct()
            .Take(MaxEach),
    ];
}
