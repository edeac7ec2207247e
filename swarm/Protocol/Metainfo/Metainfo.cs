using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Swarm.Core;

namespace Swarm.Protocol;

/// <summary>
/// A checked torrent description: v1 (BEP 3), v2 (BEP 52) or hybrid. What it holds has been proven against itself: paths
/// are safe, both trees of a hybrid agree, every piece layer leads to its root. A value; nothing in it changes.
/// </summary>
/// <remarks>
/// The block space of <see cref="Layout"/> is the piece space of the wire: piece <c>p</c> starts at block
/// <c>p × blocks per piece</c>. Where files start on piece boundaries (v2, hybrid, v1 with pad files) there is one layout
/// file per file; any other v1 torrent has a single one, the concatenation of its files, because pieces run across them.
/// </remarks>
public sealed class Metainfo
{
    private readonly ReadOnlyMemory<byte> _v1Pieces;
    private readonly ImmutableArray<ImmutableArray<Hash256>> _layers;

    internal Metainfo(ContentLayout layout, ReadOnlyMemory<byte> v1Pieces, ImmutableArray<ImmutableArray<Hash256>> layers)
    {
        Layout = layout;
        _v1Pieces = v1Pieces;
        _layers = layers;
    }

    public required InfoHash InfoHash { get; init; }

    /// <summary>The torrent's name, one safe path component; the folder of a torrent of several files.</summary>
    public required string Name { get; init; }

    /// <summary>The name as web seeds know it: percent-encoded from its original bytes.</summary>
    public required string EscapedName { get; init; }

    public ContentLayout Layout { get; }

    public required ImmutableArray<MetainfoFile> Files { get; init; }

    public required ImmutableArray<MetainfoSymlink> Symlinks { get; init; }

    /// <summary>True if the torrent is one file that carries the torrent's name, not a folder.</summary>
    public required bool IsSingleFile { get; init; }

    /// <summary>True if no piece runs across files, so that file <c>i</c> of <see cref="Files"/> is file <c>i</c> of <see cref="Layout"/>.</summary>
    public required bool IsAligned { get; init; }

    /// <summary>BEP 27: peers come from its trackers alone, never from DHT, PEX or LSD.</summary>
    public required bool IsPrivate { get; init; }

    /// <summary>BEP 19 <c>url-list</c>: absolute http and https URLs, as written.</summary>
    public required ImmutableArray<string> WebSeeds { get; init; }

    /// <summary>BEP 12 tiers; a lone <c>announce</c> is one tier of one.</summary>
    public required ImmutableArray<ImmutableArray<string>> TrackerTiers { get; init; }

    /// <summary>The info dictionary as it came: what the infohash names and BEP 9 sends.</summary>
    public required ReadOnlyMemory<byte> InfoBytes { get; init; }

    /// <summary>Bytes of the v1 piece space, pad files included; 0 without v1.</summary>
    public required long V1TotalLength { get; init; }

    public int PieceLength => Layout.PieceLength;

    public int PieceCount => Layout.PieceCount;

    public bool HasV1 => InfoHash.V1Hex is not null;

    /// <summary>True if every file has a BEP 52 tree, so that single blocks can be verified.</summary>
    public bool HasV2Trees => InfoHash.V2 is not null;

    /// <summary>Bytes of all files, without pads and gaps.</summary>
    public long TotalLength => Files.Sum(f => f.Length);

    /// <summary>Height of a piece's subtree over 16 KiB leaves.</summary>
    public int PieceHeight => MerkleTree.HeightOf(Layout.BlocksPerPiece);

    /// <summary>True if the bytes of a layout file can be verified: by its tree, or by v1 pieces where there are no trees.</summary>
    public bool IsVerifiable(int file) => HasV2Trees ? HasPieceHashes(file) : HasV1 && Layout.Files[file].Length > 0;

    /// <summary>Reads a whole metainfo. A torrent with v2 trees must carry its piece layers.</summary>
    public static bool TryParse(
        ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out Metainfo? metainfo, [NotNullWhen(false)] out MetainfoError? error,
        MetainfoLimits? limits = null) =>
        MetainfoReader.TryRead(bytes, limits ?? MetainfoLimits.Default, out metainfo, out error);

    /// <summary>
    /// Reads a lone info dictionary, as BEP 9 brings it after a magnet: without piece layers, trackers and web seeds.
    /// The caller compares the infohash with the one it asked for.
    /// </summary>
    public static bool TryParseInfo(
        ReadOnlyMemory<byte> info, [NotNullWhen(true)] out Metainfo? metainfo, [NotNullWhen(false)] out MetainfoError? error,
        MetainfoLimits? limits = null) =>
        MetainfoReader.TryReadInfo(info, limits ?? MetainfoLimits.Default, out metainfo, out error);

    /// <summary>Height of the whole tree of a file; 0 for a file of one block or none.</summary>
    public int TreeHeight(int file) => MerkleTree.HeightOf(Layout.Files[file].BlockCount);

    /// <summary>Pieces of a file.</summary>
    public int PiecesIn(int file) => (Layout.Files[file].BlockCount + Layout.BlocksPerPiece - 1) / Layout.BlocksPerPiece;

    /// <summary>True if <see cref="PieceHash"/> answers for this file: it has a tree and, if longer than a piece, its layer is here.</summary>
    public bool HasPieceHashes(int file) => HasV2Trees && Layout.Files[file].Length > 0 && (PiecesIn(file) == 1 || !_layers[file].IsEmpty);

    /// <summary>
    /// Root of the subtree of one piece. For a file of at most one piece that is its pieces root, whose subtree is only as
    /// high as <see cref="TreeHeight"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException"><see cref="HasPieceHashes"/> is false.</exception>
    public Hash256 PieceHash(int file, int pieceInFile)
    {
        if (!HasPieceHashes(file))
        {
            throw new InvalidOperationException($"file {file} has no piece hashes; ask HasPieceHashes first");
        }

        ArgumentOutOfRangeException.ThrowIfNegative(pieceInFile);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(pieceInFile, PiecesIn(file));
        return PiecesIn(file) == 1 ? Layout.Files[file].PiecesRoot : _layers[file][pieceInFile];
    }

    /// <summary>True if these are the leaf hashes of all blocks of a piece.</summary>
    /// <exception cref="InvalidOperationException"><see cref="HasPieceHashes"/> is false.</exception>
    public bool IsPiece(int file, int pieceInFile, ReadOnlySpan<Hash256> leaves) =>
        // A file of one piece is hashed over its own power of two, a longer one over whole pieces (BEP 52).
        MerkleTree.Root(leaves.ToArray(), PiecesIn(file) == 1 ? TreeHeight(file) : PieceHeight) == PieceHash(file, pieceInFile);

    /// <summary>The SHA-1 of a v1 piece, 20 bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such piece, or no v1 at all.</exception>
    public ReadOnlySpan<byte> V1PieceHash(PieceIndex piece) => _v1Pieces.Span.Slice(piece.Value * 20, 20);

    /// <summary>Bytes the SHA-1 of a v1 piece runs over; what a file does not fill is zeros (BEP 47 pads).</summary>
    public int V1PieceBytes(PieceIndex piece) => (int)Math.Clamp(V1TotalLength - ((long)piece.Value * PieceLength), 0, PieceLength);

    /// <summary>This torrent with the piece layer of one file, once BEP 52 messages have brought it; false if it does not lead to the root.</summary>
    public bool TryWithPieceLayer(int file, ReadOnlySpan<Hash256> layer, [NotNullWhen(true)] out Metainfo? metainfo)
    {
        metainfo = null;
        if (!HasV2Trees || PiecesIn(file) < 2 || layer.Length != PiecesIn(file)
            || MerkleTree.Root(layer.ToArray(), MerkleTree.HeightOf(layer.Length), PieceHeight) != Layout.Files[file].PiecesRoot)
        {
            return false;
        }

        metainfo = With(_layers.SetItem(file, [.. layer]), TrackerTiers, WebSeeds);
        return true;
    }

    /// <summary>This torrent with trackers and web seeds that a magnet named; its own come first.</summary>
    public Metainfo WithHints(ImmutableArray<ImmutableArray<string>> trackerTiers, ImmutableArray<string> webSeeds) => With(
        _layers,
        [.. TrackerTiers, .. trackerTiers.Where(tier => !TrackerTiers.Any(known => known.Intersect(tier).Any()))],
        [.. WebSeeds.Union(webSeeds)]);

    private Metainfo With(ImmutableArray<ImmutableArray<Hash256>> layers, ImmutableArray<ImmutableArray<string>> trackerTiers, ImmutableArray<string> webSeeds) =>
        new(Layout, _v1Pieces, layers)
        {
            InfoHash = InfoHash,
            Name = Name,
            EscapedName = EscapedName,
            Files = Files,
            Symlinks = Symlinks,
            IsAligned = IsAligned,
            IsSingleFile = IsSingleFile,
            IsPrivate = IsPrivate,
            WebSeeds = webSeeds,
            TrackerTiers = trackerTiers,
            InfoBytes = InfoBytes,
            V1TotalLength = V1TotalLength,
        };
}
