using System.Security.Cryptography;
using Swarm.Core;
using Swarm.Protocol;
using Swarm.Store;

namespace Swarm.Engine;

/// <summary>
/// Takes the files a user already has of a torrent into its swarm: each piece is hashed and compared with the torrent, what is right
/// is served from where it lies, what is wrong is left alone. Nothing here writes to a user's file.
/// </summary>
public sealed class TorrentAdoption(PieceStore store, Metainfo torrent, Func<int, string> storeKey)
{
    private readonly byte[] _bytes = new byte[PieceLayout.BlockSize];

    /// <summary>Where a file of the torrent lies below the folder the user named: as the torrent lays it out, or without its own folder.</summary>
    public static string? Locate(Metainfo torrent, int file, string folder)
    {
        var path = torrent.Files[file].Path.Replace('/', Path.DirectorySeparatorChar);
        string[] places = torrent.IsSingleFile
            ? [Path.Combine(folder, path), folder]
            : [Path.Combine(folder, torrent.Name, path), Path.Combine(folder, path)];
        return places.FirstOrDefault(File.Exists);
    }

    /// <summary>Hashes the files and lends what is right to the store.</summary>
    /// <param name="progress">Told the bytes looked at so far.</param>
    public AdoptionOutcome Run(string folder, Action<long> progress, CancellationToken cancel)
    {
        var outcome = new AdoptionOutcome();
        var here = new string?[torrent.Files.Length];
        for (var file = 0; file < here.Length; file++)
        {
            here[file] = torrent.Files[file].Length > 0 ? Usable(file, folder, outcome) : null;
        }

        if (!torrent.IsAligned)
        {
            // Its pieces run across files: they are one content, with gaps where a file is not here.
            if (here.Any(static p => p is not null))
            {
                Lend(0, "its files", () => AdoptedFile.Open([.. torrent.Files.Select((f, i) => (here[i], f.Length))]), outcome, progress, cancel);
            }

            return outcome;
        }

        for (var file = 0; file < here.Length; file++)
        {
            if (here[file] is { } path)
            {
                Lend(file, torrent.Files[file].Path, () => AdoptedFile.Open(path, torrent.Files[file].Length), outcome, progress, cancel);
            }
        }

        return outcome;
    }

    /// <summary>The file's place, if it is there and is one; else the outcome says what it is.</summary>
    private string? Usable(int file, string folder, AdoptionOutcome outcome)
    {
        var name = torrent.Files[file].Path;
        if (Locate(torrent, file, folder) is not { } path)
        {
            outcome.Missing.Add(name);
            return null;
        }

        try
        {
            if (new FileInfo(path).Length > 0)
            {
                return path;
            }

            // Nor is a pipe or a device opened, which have no length: reading one may wait for ever.
            outcome.Unreadable.Add($"{name} (it is empty, or no file)");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            outcome.Unreadable.Add($"{name} ({e.Message.TrimEnd('.')})");
        }

        return null;
    }

    private void Lend(int layoutFile, string name, Func<AdoptedFile> open, AdoptionOutcome outcome, Action<long> progress, CancellationToken cancel)
    {
        try
        {
            using var content = store.Open(storeKey(layoutFile), torrent.Layout.Files[layoutFile].Length) ?? throw new IOException("the store cannot be used now");
            var adopted = open();
            store.Lend(content, adopted);
            Judge(layoutFile, content, adopted, outcome, progress, cancel);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            outcome.Unreadable.Add($"{name} ({e.Message.TrimEnd('.')})");
        }
    }

    /// <summary>Compares each piece with the torrent and admits the blocks of those that are right.</summary>
    private void Judge(int layoutFile, StoredContent content, AdoptedFile adopted, AdoptionOutcome outcome, Action<long> progress, CancellationToken cancel)
    {
        var file = torrent.Layout.Files[layoutFile];
        var perPiece = torrent.Layout.BlocksPerPiece;
        var leaves = new Hash256[Math.Min(perPiece, file.BlockCount)];
        for (var piece = 0; piece * perPiece < file.BlockCount; piece++)
        {
            cancel.ThrowIfCancellationRequested();
            var first = piece * perPiece;
            var pieceLeaves = leaves.AsSpan(0, Math.Min(perPiece, file.BlockCount - first));
            var offset = (long)first * PieceLayout.BlockSize;
            outcome.Pieces++;
            outcome.Bytes += Math.Min((long)pieceLeaves.Length * PieceLayout.BlockSize, file.Length - offset);
            if (torrent.HasV2Trees ? IsRightByTree(layoutFile, piece, adopted, pieceLeaves) : IsRightByPiece(layoutFile, piece, adopted, pieceLeaves))
            {
                for (var i = 0; i < pieceLeaves.Length; i++)
                {
                    content.AdmitAdopted(first + i, pieceLeaves[i]);
                }
            }
            else
            {
                outcome.Wrong.Add((NameAt(layoutFile, offset), piece));
            }

            progress(outcome.Bytes);
        }
    }

    private bool IsRightByTree(int layoutFile, int piece, AdoptedFile adopted, Span<Hash256> leaves)
    {
        var file = torrent.Layout.Files[layoutFile];
        for (var i = 0; i < leaves.Length; i++)
        {
            if (!TryRead(adopted, file.Length, (piece * torrent.Layout.BlocksPerPiece) + i, out var bytes))
            {
                return false;
            }

            leaves[i] = MerkleTree.Leaf(bytes);
        }

        return torrent.IsPiece(layoutFile, piece, leaves);
    }

    /// <summary>v1: the piece is right as a whole or not at all; its leaves are what its blocks are known by from then on.</summary>
    private bool IsRightByPiece(int layoutFile, int piece, AdoptedFile adopted, Span<Hash256> leaves)
    {
        var file = torrent.Layout.Files[layoutFile];
        var number = new PieceIndex((file.FirstBlock / torrent.Layout.BlocksPerPiece) + piece);
        var left = torrent.V1PieceBytes(number);
#pragma warning disable CA5350 // BEP 3 proves pieces by SHA-1; there is nothing stronger in a v1 torrent.
        using var sha1 = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
#pragma warning restore CA5350
        for (var i = 0; i < leaves.Length; i++)
        {
            if (!TryRead(adopted, file.Length, (piece * torrent.Layout.BlocksPerPiece) + i, out var bytes))
            {
                return false;
            }

            leaves[i] = MerkleTree.Leaf(bytes);
            sha1.AppendData(bytes);
            left -= bytes.Length;
        }

        // What the file does not fill is a pad file's zeros (BEP 47).
        for (_bytes.AsSpan().Clear(); left > 0; left -= Math.Min(left, _bytes.Length))
        {
            sha1.AppendData(_bytes.AsSpan(0, Math.Min(left, _bytes.Length)));
        }

        Span<byte> digest = stackalloc byte[SHA1.HashSizeInBytes];
        sha1.GetHashAndReset(digest);
        return digest.SequenceEqual(torrent.V1PieceHash(number));
    }

    /// <summary>The block's bytes as they lie there, until the next call; false if the files are too short for it.</summary>
    private bool TryRead(AdoptedFile adopted, long length, int block, out ReadOnlySpan<byte> bytes)
    {
        var offset = (long)block * PieceLayout.BlockSize;
        var to = _bytes.AsSpan(0, (int)Math.Min(PieceLayout.BlockSize, length - offset));
        bytes = to;
        return adopted.ReadRaw(offset, to) == to.Length;
    }

    private string NameAt(int layoutFile, long offset) =>
        torrent.IsAligned ? torrent.Files[layoutFile].Path : torrent.Files.Last(f => f.Range.Offset <= offset).Path;
}
