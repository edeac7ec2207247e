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

    /// <summary>The file and the range in it that a range of the content falls into; false if it leaves the file or lies in a gap.</summary>
    public static bool TryRangeOf(Metainfo metainfo, ByteRange content, out int file, out ByteRange inFile)
    {
        for (file = 0; file < metainfo.Files.Length; file++)
        {
            var range = metainfo.Files[file].Range;
            if (!range.IsEmpty && range.Contains(content))
            {
                inFile = content with { Offset = content.Offset - range.Offset };
                return true;
            }
        }

        inFile = ByteRange.Empty;
        return false;
    }
}
