using Swarm.Protocol;

namespace Swarm.Engine;

/// <summary>Under which keys the store keeps what a torrent's tree proves. Files of the same bytes have one key, whatever torrent they belong to.</summary>
internal static class StoreKeys
{
    public static string Of(Metainfo metainfo, int file)
    {
        var f = metainfo.Layout.Files[file];
        return metainfo.HasV2Trees ? $"tree:{f.PiecesRoot}\n{f.Length}" : $"pieces:{metainfo.InfoHash.V1Hex}:{file}\n{f.Length}";
    }

    public static IEnumerable<string> Of(Metainfo metainfo) =>
        Enumerable.Range(0, metainfo.Layout.Files.Length).Where(f => metainfo.Layout.Files[f].Length > 0).Select(f => Of(metainfo, f));
}
