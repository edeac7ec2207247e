using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Engine;

/// <summary>A server that has a torrent's bytes and speaks HTTP: a web seed of the torrent (BEP 19), or a mirror that the origin of one file Links to (RFC 6249 <c>rel=duplicate</c>).</summary>
/// <param name="File">The only file it has, an index in <see cref="Metainfo.Files"/>; <see cref="All"/> for a web seed.</param>
internal readonly record struct HttpSeed(string Url, SourceKind Kind, int File)
{
    public const int All = -1;

    public static HttpSeed WebSeed(string url) => new(url, SourceKind.WebSeed, All);

    public static HttpSeed Mirror(string url, int file) => new(url, SourceKind.Mirror, file);

    public bool Has(int file) => File is All || File == file;

    /// <summary>A mirror's URL is the file; a web seed's may be the folder it lies in.</summary>
    public string UrlOf(Metainfo metainfo, int file) => File is All ? Bep19WebSeed.UrlOf(Url, metainfo, file) : Url;

    /// <summary>True if it may bring bytes of this content: it is not its origin, and no cleartext speaks of what came by https.</summary>
    public bool MayServe(int file, FileContent content) =>
        Has(file) && !content.IsOrigin(Url) && (!content.IsHttpsOnly || IsHttps(Url));

    public static bool IsHttps(string url) => url.StartsWith("https:", StringComparison.OrdinalIgnoreCase);
}
