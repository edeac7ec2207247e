using System.Buffers;
using System.Collections.Immutable;
using Swarm.Core;

namespace Swarm.Protocol;

/// <summary>Writes a torrent that came in parts (a magnet's metadata, piece layers, hints) as one metainfo file.</summary>
public static class MetainfoWriter
{
    public static byte[] Write(Metainfo metainfo)
    {
        var to = new ArrayBufferWriter<byte>(metainfo.InfoBytes.Length + 1024);
        var bencode = new BencodeWriter(to);
        bencode.BeginDictionary();
        if (!metainfo.TrackerTiers.IsEmpty)
        {
            bencode.Bytes("announce-list"u8);
            bencode.BeginList();
            foreach (var tier in metainfo.TrackerTiers)
            {
                WriteTexts(bencode, tier);
            }

            bencode.End();
        }

        bencode.Bytes("info"u8);
        bencode.Raw(metainfo.InfoBytes.Span);
        if (metainfo.HasV2Trees)
        {
            WriteLayers(bencode, metainfo);
        }

        if (!metainfo.WebSeeds.IsEmpty)
        {
            bencode.Bytes("url-list"u8);
            WriteTexts(bencode, metainfo.WebSeeds);
        }

        bencode.End();
        return to.WrittenSpan.ToArray();
    }

    /// <summary>BEP 52: a dictionary from pieces root to the piece hashes of every file that is longer than a piece.</summary>
    private static void WriteLayers(BencodeWriter bencode, Metainfo metainfo)
    {
        bencode.Bytes("piece layers"u8);
        bencode.BeginDictionary();
        var files = Enumerable.Range(0, metainfo.Layout.Files.Length).Where(f => metainfo.PiecesIn(f) > 1 && metainfo.HasPieceHashes(f));
        foreach (var file in files.DistinctBy(f => metainfo.Layout.Files[f].PiecesRoot).OrderBy(f => metainfo.Layout.Files[f].PiecesRoot.ToString(), StringComparer.Ordinal))
        {
            bencode.Bytes(metainfo.Layout.Files[file].PiecesRoot.ToArray());
            var layer = new byte[metainfo.PiecesIn(file) * Hash256.Size];
            for (var piece = 0; piece < metainfo.PiecesIn(file); piece++)
            {
                metainfo.PieceHash(file, piece).Write(layer.AsSpan(piece * Hash256.Size));
            }

            bencode.Bytes(layer);
        }

        bencode.End();
    }

    private static void WriteTexts(BencodeWriter bencode, ImmutableArray<string> texts)
    {
        bencode.BeginList();
        foreach (var text in texts)
        {
            bencode.Text(text);
        }

        bencode.End();
    }
}
