using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;
using System.Text;
using Swarm.Core;

namespace Swarm.Protocol;

/// <summary>
/// Writes the metainfo of a new torrent, byte for byte as libtorrent lays it out, so that both find the same infohash.
/// What it writes it has read back.
/// </summary>
public sealed record MetainfoBuilder
{
    public required string Name { get; init; }

    public required int PieceLength { get; init; }

    public MetainfoFormat Format { get; init; }

    /// <summary>One file with the torrent's name as its path makes a single-file torrent, anything else a folder.</summary>
    public required IReadOnlyList<MetainfoInput> Files { get; init; }

    /// <summary>20 bytes a piece, from <see cref="MetainfoHasher.EndContent"/>; none for v2.</summary>
    public ReadOnlyMemory<byte> V1Pieces { get; init; }

    public IReadOnlyList<string> WebSeeds { get; init; } = [];

    public IReadOnlyList<IReadOnlyList<string>> TrackerTiers { get; init; } = [];

    public bool IsPrivate { get; init; }

    public string? Comment { get; init; }

    public string? CreatedBy { get; init; }

    /// <summary>Seconds since 1970; null leaves it out, which makes the same content give the same file.</summary>
    public long? CreationUnixSeconds { get; init; }

    private bool IsSingleFile => Files.Count == 1 && Files[0].Path == Name;

    /// <summary>Why a file cannot stand in a torrent under this path, before its bytes are hashed; null if it can.</summary>
    /// <param name="path">Slash-separated.</param>
    public static MetainfoError? CheckPath(string path)
    {
        var components = path.Split('/').Select(c => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(c)).ToArray();
        return PathRules.Check(components) is { } problem ? new(PathRules.Show(components), problem, "rename the file") : null;
    }

    /// <summary>True for an announce URL that readers take: http, https, udp, ws or wss.</summary>
    public static bool IsTracker(string url) => MetainfoUrls.ToUrl(url, MetainfoUrls.IsTracker) == url;

    /// <summary>True for a web seed URL that readers take: http or https.</summary>
    public static bool IsWebSeed(string url) => MetainfoUrls.ToUrl(url, MetainfoUrls.IsHttp) == url;

    public bool TryBuild([NotNullWhen(true)] out byte[]? metainfo, [NotNullWhen(false)] out MetainfoError? error)
    {
        metainfo = null;
        error = CheckInputs();
        if (error is not null)
        {
            return false;
        }

        var built = ToTree().ToArray();
        if (!Metainfo.TryParse(built, out _, out error))
        {
            return false;
        }

        metainfo = built;
        return true;
    }

    private MetainfoError? CheckInputs()
    {
        if (PieceLength < PieceLayout.BlockSize || !BitOperations.IsPow2(PieceLength))
        {
            return new("piece length", $"{PieceLength} is no power of two from 16384 up", "choose 256 KiB … 4 MiB");
        }

        foreach (var file in Files)
        {
            if (CheckPath(file.Path) is { } refused)
            {
                return refused;
            }

            if (Format != MetainfoFormat.V1 && file.Leaves.Length != (file.Length + PieceLayout.BlockSize - 1) / PieceLayout.BlockSize)
            {
                return new(file.Path, $"{file.Leaves.Length} leaf hashes for {file.Length} bytes", "hash the file again: it changed meanwhile");
            }
        }

        for (var i = 1; Format == MetainfoFormat.Hybrid && i < Files.Count; i++)
        {
            if (TreeOrder.Instance.Compare(Files[i - 1].Path, Files[i].Path) >= 0)
            {
                return new(Files[i].Path, "a hybrid's files must be hashed in tree order, each once", "sort the files by TreeOrder before hashing");
            }
        }

        return null;
    }

    private BencodeTree ToTree()
    {
        var trackers = TrackerTiers.Where(t => t.Count > 0).ToList();
        var hashes = Format == MetainfoFormat.V1 ? [] : Files.Select(HashesOf).ToList();
        var many = trackers.Count > 1 || (trackers.Count == 1 && trackers[0].Count > 1);
        return BencodeTree.Dictionary()
            .Set("announce", trackers.Count > 0 ? BencodeTree.Text(trackers[0][0]) : null)
            .Set("announce-list", many ? BencodeTree.List(trackers.Select(t => BencodeTree.List(t.Select(BencodeTree.Text)))) : null)
            .Set("comment", Comment is { } comment ? BencodeTree.Text(comment) : null)
            .Set("created by", CreatedBy is { } by ? BencodeTree.Text(by) : null)
            .Set("creation date", CreationUnixSeconds is { } at ? BencodeTree.Integer(at) : null)
            .Set("info", Info(hashes))
            .Set("piece layers", Format == MetainfoFormat.V1 ? null : PieceLayers(hashes))
            .Set("url-list", WebSeeds.Count switch
            {
                0 => null,
                1 => BencodeTree.Text(WebSeeds[0]),
                _ => BencodeTree.List(WebSeeds.Select(BencodeTree.Text)),
            });
    }

    private BencodeTree Info(IReadOnlyList<(Hash256 Root, byte[]? Layer)> hashes)
    {
        var info = BencodeTree.Dictionary()
            .Set("name", BencodeTree.Text(Name))
            .Set("piece length", BencodeTree.Integer(PieceLength))
            .Set("private", IsPrivate ? BencodeTree.Integer(1) : null);
        if (Format != MetainfoFormat.V1)
        {
            info.Set("meta version", BencodeTree.Integer(2)).Set("file tree", FileTree(hashes));
        }

        if (Format != MetainfoFormat.V2)
        {
            info.Set("pieces", BencodeTree.Bytes(V1Pieces));
            info.Set(IsSingleFile ? "length" : "files", IsSingleFile ? BencodeTree.Integer(Files[0].Length) : FileList());
        }

        return info;
    }

    private BencodeTree FileTree(IReadOnlyList<(Hash256 Root, byte[]? Layer)> hashes)
    {
        var root = BencodeTree.Dictionary();
        foreach (var (file, (piecesRoot, _)) in Files.Zip(hashes))
        {
            var at = root;
            foreach (var component in file.Path.Split('/'))
            {
                at = at.Child(Encoding.UTF8.GetBytes(component));
            }

            at.Set("", BencodeTree.Dictionary()
                .Set("length", BencodeTree.Integer(file.Length))
                .Set("pieces root", file.Length > 0 ? BencodeTree.Bytes(piecesRoot.ToArray()) : null));
        }

        return root;
    }

    /// <summary>The v1 list; in a hybrid each file but an empty one is followed by the pad that fills its piece, the last one too.</summary>
    private BencodeTree FileList()
    {
        var list = new List<BencodeTree>();
        foreach (var file in Files)
        {
            list.Add(BencodeTree.Dictionary()
                .Set("length", BencodeTree.Integer(file.Length))
                .Set("path", BencodeTree.List(file.Path.Split('/').Select(BencodeTree.Text))));
            var pad = (PieceLength - (file.Length % PieceLength)) % PieceLength;
            if (Format == MetainfoFormat.Hybrid && pad > 0)
            {
                list.Add(BencodeTree.Dictionary()
                    .Set("attr", BencodeTree.Text("p"))
                    .Set("length", BencodeTree.Integer(pad))
                    .Set("path", BencodeTree.List(BencodeTree.Text(".pad"), BencodeTree.Text(pad.ToString(CultureInfo.InvariantCulture)))));
            }
        }

        return BencodeTree.List(list);
    }

    private static BencodeTree PieceLayers(IReadOnlyList<(Hash256 Root, byte[]? Layer)> hashes)
    {
        var layers = BencodeTree.Dictionary();
        foreach (var (root, layer) in hashes)
        {
            if (layer is not null)
            {
                layers.Set(root.ToArray(), BencodeTree.Bytes(layer));
            }
        }

        return layers;
    }

    /// <summary>A file's root, and its piece layer if it is longer than a piece. Each leaf is hashed once: the root of a long file comes from its layer.</summary>
    private (Hash256 Root, byte[]? Layer) HashesOf(MetainfoInput file)
    {
        var leaves = file.Leaves.ToArray();
        if (file.Length <= PieceLength)
        {
            return (leaves.Length == 0 ? default : MerkleTree.Root(leaves, MerkleTree.HeightOf(leaves.Length)), null);
        }

        var blocks = PieceLength / PieceLayout.BlockSize;
        var height = MerkleTree.HeightOf(blocks);
        var pieces = new Hash256[(leaves.Length + blocks - 1) / blocks];
        var layer = new byte[pieces.Length * Hash256.Size];
        for (var piece = 0; piece < pieces.Length; piece++)
        {
            pieces[piece] = MerkleTree.Root(leaves.AsSpan()[(piece * blocks)..Math.Min(leaves.Length, (piece + 1) * blocks)], height);
            pieces[piece].Write(layer.AsSpan(piece * Hash256.Size));
        }

        return (MerkleTree.Root(pieces, MerkleTree.HeightOf(pieces.Length), height), layer);
    }
}
