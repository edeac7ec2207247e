using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Swarm.Core;

namespace Swarm.Engine;

/// <summary>The first lines of an event log: everything but events that a replay needs. File names stay out of it.</summary>
internal static class LogHeader
{
    /// <summary>1 TiB in blocks, the store's own limit: a damaged header must not ask for all memory.</summary>
    private const int MaxBlocks = 1 << 26;

    public static string Write(ContentLayout layout, ulong seed, string header)
    {
        var text = new StringBuilder();
        text.Append(EventLog.Format).Append('\n');
        foreach (var line in header.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            text.Append("# ").Append(line.TrimEnd('\r')).Append('\n');
        }

        text.Append(CultureInfo.InvariantCulture, $"seed {seed}\n");
        text.Append(CultureInfo.InvariantCulture, $"piece-length {layout.PieceLength}\n");
        foreach (var file in layout.Files)
        {
            text.Append(CultureInfo.InvariantCulture, $"file {file.FirstBlock} {file.Length} {(file.PiecesRoot.IsZero ? "plain" : "tree")}\n");
        }

        return text.Append('\n').ToString();
    }

    /// <summary>Reads a header; null with a sentence if it is none.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="records">Offset of the first record.</param>
    public static (ContentLayout Layout, ulong Seed)? Read(ReadOnlySpan<byte> bytes, out int records, out string error)
    {
        records = 0;
        var end = bytes.IndexOf("\n\n"u8);
        if (end < 0 || !(StartsWith(bytes, EventLog.Format) || StartsWith(bytes, EventLog.FirstFormat)))
        {
            error = $"not an event log: its first line is not {EventLog.Format}";
            return null;
        }

        records = end + 2;
        var seed = 0UL;
        var pieceLength = 0;
        var files = ImmutableArray.CreateBuilder<ContentFile>();
        foreach (var line in Encoding.UTF8.GetString(bytes[..end]).Split('\n').Skip(1))
        {
            var words = line.Split(' ');
            var ok = words switch
            {
                ["#", ..] => true,
                ["seed", var s] => ulong.TryParse(s, CultureInfo.InvariantCulture, out seed),
                ["piece-length", var s] => int.TryParse(s, CultureInfo.InvariantCulture, out pieceLength)
                    && pieceLength >= PieceLayout.BlockSize && pieceLength % PieceLayout.BlockSize == 0,
                ["file", var f, var l, "plain" or "tree"] => TryFile(f, l, words[3] == "tree", files),
                _ => false,
            };
            if (!ok)
            {
                error = $"the event log's header line \"{line}\" cannot be read; the file is damaged or of a newer version";
                return null;
            }
        }

        if (pieceLength == 0 || files.Count == 0)
        {
            error = "the event log's header names no content";
            return null;
        }

        var next = 0L;
        foreach (var file in files)
        {
            if (file.FirstBlock < next || file.FirstBlock % (pieceLength / PieceLayout.BlockSize) != 0 || (next = (long)file.FirstBlock + file.BlockCount) > MaxBlocks)
            {
                error = "the event log's header describes files that overlap, do not start at a piece, or are longer than 1 TiB in all";
                return null;
            }
        }

        error = "";
        return (new(files.ToImmutable(), pieceLength), seed);
    }

    private static bool StartsWith(ReadOnlySpan<byte> bytes, string format) => bytes.StartsWith(Encoding.ASCII.GetBytes(format + "\n"));

    private static bool TryFile(string first, string length, bool hasTree, ImmutableArray<ContentFile>.Builder files)
    {
        if (!int.TryParse(first, CultureInfo.InvariantCulture, out var block) || block < 0
            || !long.TryParse(length, CultureInfo.InvariantCulture, out var bytes) || bytes < 0 || bytes / PieceLayout.BlockSize > MaxBlocks)
        {
            return false;
        }

        // That there is a tree matters to decisions, which one does not: it would name the content.
        files.Add(new(files.Count.ToString(CultureInfo.InvariantCulture), bytes, block, hasTree ? new(1, 1, 1, 1) : default));
        return true;
    }
}
