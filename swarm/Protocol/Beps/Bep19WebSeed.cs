using Swarm.Core;

namespace Swarm.Protocol;

/// <summary>BEP 19 web seeds: from an entry of <c>url-list</c> and a file to the URL that serves it.</summary>
public static class Bep19WebSeed
{
    /// <summary>
    /// The URL of one file. A torrent of one file takes the entry as it is, with the name behind a final slash; a folder
    /// takes the entry as its parent.
    /// </summary>
    /// <param name="file">Index in <see cref="Metainfo.Files"/>.</param>
    public static string UrlOf(string webSeed, Metainfo metainfo, int file)
    {
        if (metainfo.IsSingleFile)
        {
            return webSeed.EndsWith('/') ? webSeed + metainfo.EscapedName : webSeed;
        }

        return $"{webSeed}{(webSeed.EndsWith('/') ? "" : "/")}{metainfo.EscapedName}/{metainfo.Files[file].EscapedPath}";
    }

    /// <summary>
    /// The part of a run of content that comes first: of one file, or of a gap between files, which is zeros (BEP 47). A v1 block
    /// may run across files, and each of them is a request of its own.
    /// </summary>
    public static WebSeedPart FirstPartOf(Metainfo metainfo, ByteRange content)
    {
        var next = content.End;
        for (var file = 0; file < metainfo.Files.Length; file++)
        {
            var range = metainfo.Files[file].Range;
            if (range.Contains(content.Offset))
            {
                return new(file, new(content.Offset - range.Offset, Math.Min(range.End, content.End) - content.Offset));
            }

            if (range.Offset > content.Offset && !range.IsEmpty)
            {
                next = Math.Min(next, range.Offset);
            }
        }

        return new(WebSeedPart.Gap, new(0, next - content.Offset));
    }
}

/// <summary>Neighbouring bytes that one request brings.</summary>
/// <param name="File">Index in <see cref="Metainfo.Files"/>, or <see cref="Gap"/>.</param>
/// <param name="Range">Where they lie in that file.</param>
public readonly record struct WebSeedPart(int File, ByteRange Range)
{
    public const int Gap = -1;
}
