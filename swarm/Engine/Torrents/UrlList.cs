using Swarm.Protocol;

namespace Swarm.Engine;

/// <summary>BEP 19: which file of a torrent an entry of its url-list stands for. Never by name or length alone: the whole URL must be equal.</summary>
internal static class UrlList
{
    /// <summary>Index of the file that some entry resolves to exactly this URL, or -1.</summary>
    public static int FileOf(Metainfo metainfo, string url)
    {
        foreach (var entry in metainfo.WebSeeds)
        {
            if (metainfo.IsSingleFile)
            {
                // An entry that ends in a slash is a folder; any other is the file itself.
                if (entry == url || (entry.EndsWith('/') && entry + metainfo.EscapedName == url))
                {
                    return 0;
                }

                continue;
            }

            var folder = entry.EndsWith('/') ? entry : entry + "/";
            for (var file = 0; file < metainfo.Files.Length; file++)
            {
                if (folder + metainfo.EscapedName + "/" + metainfo.Files[file].EscapedPath == url)
                {
                    return file;
                }
            }
        }

        return -1;
    }
}
