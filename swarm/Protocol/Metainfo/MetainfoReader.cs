using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Security.Cryptography;
using Swarm.Core;

namespace Swarm.Protocol;

/// <summary>Reads metainfo: bencoding, then the info dictionary, then what stands beside it.</summary>
internal static class MetainfoReader
{
    private const int Sha1Bytes = 20;

    public static bool TryRead(
        ReadOnlyMemory<byte> bytes, MetainfoLimits limits, [NotNullWhen(true)] out Metainfo? metainfo, [NotNullWhen(false)] out MetainfoError? error)
    {
        metainfo = null;
        if (bytes.Length > limits.MaxBytes)
        {
            error = new("metainfo", $"{bytes.Length} bytes, {limits.MaxBytes} are allowed", "use longer pieces or split the torrent");
            return false;
        }

        if (!BencodeDocument.TryParse(bytes, out var document, out var broken, BencodeLimits.Metainfo with { MaxBytes = limits.MaxBytes }, BencodeKeyOrder.Any))
        {
            error = Broken(broken, 0);
            return false;
        }

        var info = document.Root["info"u8];
        if (info.Kind != BencodeKind.Dictionary)
        {
            error = new("info", document.Root.Kind == BencodeKind.Dictionary ? "the dictionary is missing" : "this is no metainfo: not a dictionary", MetainfoError.GetAnotherCopy);
            return false;
        }

        return TryRead(info.Raw, info.Position, document.Root, limits, out metainfo, out error);
    }

    public static bool TryReadInfo(
        ReadOnlyMemory<byte> info, MetainfoLimits limits, [NotNullWhen(true)] out Metainfo? metainfo, [NotNullWhen(false)] out MetainfoError? error) =>
        TryRead(info, 0, default, limits, out metainfo, out error);

    /// <param name="outer">The dictionary around the info dictionary; not there for a magnet.</param>
    private static bool TryRead(
        ReadOnlyMemory<byte> raw, int position, BencodeValue outer, MetainfoLimits limits,
        [NotNullWhen(true)] out Metainfo? metainfo, [NotNullWhen(false)] out MetainfoError? error)
    {
        metainfo = null;
        var bencode = BencodeLimits.Metainfo with { MaxBytes = limits.MaxBytes };
        if (!BencodeDocument.TryParse(raw, out var document, out var broken, bencode))
        {
            error = Broken(broken, position);
            return false;
        }

        var info = document.Root;
        if (info.Kind != BencodeKind.Dictionary)
        {
            error = new("info", "it must be a dictionary", MetainfoError.GetAnotherCopy);
            return false;
        }

        ReadOnlyMemory<byte> name = default;
        var pieceLength = 0;
        error = ReadVersion(info, out var v1, out var v2);
        error ??= ReadName(info, v2, out name);
        error ??= ReadPieceLength(info, v2, limits, out pieceLength);
        if (error is not null)
        {
            return false;
        }

        var listed = new MetainfoEntries(limits);
        var treed = new MetainfoEntries(limits);
        error = v1 ? FileListReader.TryRead(info, preferUtf8: !v2, name, listed) : null;
        error ??= v2 ? new FileTreeReader(treed).TryRead(info["file tree"u8]) : null;
        var (list, tree) = (listed.List, treed.List);
        error ??= v1 && v2 ? HybridRules.Check(list, tree, pieceLength) : null;
        if (error is not null)
        {
            return false;
        }

        var space = new PieceSpaceBuilder(limits, pieceLength, PathRules.Printable(name.Span));
        var aligned = v2 || PieceSpaceBuilder.IsAligned(list, pieceLength);
        error = aligned ? space.AddAligned(v2 ? tree : list) : space.AddContiguous(list);
        if (error is not null)
        {
            return false;
        }

        var v1Total = list.Sum(f => f.Length);
        var layout = space.ToLayout();
        var pieces = v1 ? info["pieces"u8].Bytes : default;
        if (v1 && (pieces.Length % Sha1Bytes != 0 || pieces.Length / Sha1Bytes != (v1Total + pieceLength - 1) / pieceLength))
        {
            error = new("info.pieces", $"{pieces.Length} bytes of hashes for {(v1Total + pieceLength - 1) / pieceLength} pieces of 20 bytes each", MetainfoError.MakeItAgain);
            return false;
        }

        var layers = new ImmutableArray<Hash256>[layout.Files.Length];
        Array.Fill(layers, []);
        if (v2 && outer.Exists && PieceLayersReader.TryRead(outer["piece layers"u8], layout, out layers) is { } unproven)
        {
            error = unproven;
            return false;
        }

        metainfo = new Metainfo(layout, pieces, [.. layers])
        {
            InfoHash = new InfoHash(v1 ? V1Hash(raw.Span) : null, v2 ? MerkleTree.Leaf(raw.Span) : null),
            Name = PathRules.Printable(name.Span),
            EscapedName = PercentEncoding.Encode(name.Span),
            Files = space.Files,
            Symlinks = space.Symlinks,
            IsAligned = aligned,
            IsSingleFile = IsSingle(info, v1, tree, name),
            IsPrivate = info["private"u8].TryGetInteger(out var flag) && flag == 1,
            WebSeeds = MetainfoUrls.WebSeeds(outer["url-list"u8], limits.MaxUrls),
            TrackerTiers = MetainfoUrls.TrackerTiers(outer, limits.MaxUrls),
            InfoBytes = raw,
            V1TotalLength = v1Total,
        };
        return true;
    }

    /// <summary>BEP 52: look at the version before anything else, so that a newer torrent is called newer, not broken.</summary>
    private static MetainfoError? ReadVersion(BencodeValue info, out bool v1, out bool v2)
    {
        var meta = info["meta version"u8];
        v1 = info["pieces"u8].Kind == BencodeKind.Bytes;
        v2 = meta.TryGetInteger(out var version) && version == 2;
        if (meta.Exists && (version < 1 || version > 2))
        {
            return new("info.meta version", meta.Kind == BencodeKind.Integer ? $"this torrent is of version {version}, only 1 and 2 are known" : "it must be an integer", "update this program, or get a v1 or v2 torrent");
        }

        return v1 || v2
            ? null
            : new("info", "it has neither 'pieces' (v1) nor 'meta version' 2 with a 'file tree' (v2)", MetainfoError.GetAnotherCopy);
    }

    private static MetainfoError? ReadName(BencodeValue info, bool v2, out ReadOnlyMemory<byte> name)
    {
        var utf8 = info["name.utf-8"u8];
        name = (!v2 && utf8.Kind == BencodeKind.Bytes ? utf8 : info["name"u8]).Bytes;
        return PathRules.Check([name]) is { } problem
            ? new("info.name", name.IsEmpty ? "it is missing or empty" : problem, MetainfoError.MakeItAgain)
            : null;
    }

    private static MetainfoError? ReadPieceLength(BencodeValue info, bool v2, MetainfoLimits limits, out int pieceLength)
    {
        pieceLength = 0;
        const string where = "info.piece length";
        if (!info["piece length"u8].TryGetInteger(out var length))
        {
            return new(where, "it must be an integer", MetainfoError.MakeItAgain);
        }

        if (length < PieceLayout.BlockSize || length > limits.MaxPieceLength)
        {
            return new(where, $"{length} is outside {PieceLayout.BlockSize} … {limits.MaxPieceLength}", MetainfoError.MakeItAgain);
        }

        if (v2 ? !BitOperations.IsPow2(length) : length % PieceLayout.BlockSize != 0)
        {
            return new(where, v2 ? $"{length} is no power of two, which v2 demands" : $"{length} is no multiple of 16384, the block of every request", MetainfoError.MakeItAgain);
        }

        pieceLength = (int)length;
        return null;
    }

    /// <summary>A folder with one file in it is not single; v1 says which by its keys, v2 by the file's name.</summary>
    private static bool IsSingle(BencodeValue info, bool v1, IReadOnlyList<MetainfoEntry> tree, ReadOnlyMemory<byte> name) => v1
        ? !info["files"u8].Exists
        : tree is [{ Components: [var only] }] && only.Span.SequenceEqual(name.Span);

    private static MetainfoError Broken(BencodeError broken, int offset) => new(
        $"byte {broken.Position + offset}", $"the bencoding breaks: expected {broken.Expected}, found {broken.Found}", MetainfoError.GetAnotherCopy);

#pragma warning disable CA5350 // BEP 3 names torrents by SHA-1; v2 trees verify the content.
    private static string V1Hash(ReadOnlySpan<byte> info) => Convert.ToHexStringLower(SHA1.HashData(info));
#pragma warning restore CA5350
}
