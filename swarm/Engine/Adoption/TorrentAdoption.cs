using Swarm.Core;
using Swarm.Protocol;
using Swarm.Store;

namespace Swarm.Engine;

/// <summary>
/// Takes the files a user already has of a torrent into its swarm: each piece is hashed and compared with the tree, what is right
/// is served from where it lies, what is wrong is left alone. Nothing here writes to a user's file.
/// </summary>
public sealed class TorrentAdoption(PieceStore store, Metainfo torrent, Func<int, string> storeKey)
{
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
        for (var file = 0; file < torrent.Files.Length; file++)
        {
            if (torrent.Files[file].Length == 0)
            {
                continue;
            }

            if (Locate(torrent, file, folder) is not { } path)
            {
                outcome.Missing.Add(torrent.Files[file].Path);
                continue;
            }

            try
            {
                RunFile(file, path, outcome, progress, cancel);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                outcome.Unreadable.Add($"{torrent.Files[file].Path} ({e.Message.TrimEnd('.')})");
            }
        }

        return outcome;
    }

    private void RunFile(int file, string path, AdoptionOutcome outcome, Action<long> progress, CancellationToken cancel)
    {
        var length = torrent.Files[file].Length;
        if (new FileInfo(path).Length == 0)
        {
            // Nor is a pipe or a device opened, which have no length: reading one may wait for ever.
            throw new IOException("it is empty, or no file");
        }

        using var content = store.Open(storeKey(file), length) ?? throw new IOException("the store cannot be used now");
        var adopted = AdoptedFile.Open(path, length);
        store.Lend(content, adopted);
        var layout = torrent.Layout;
        var blocks = layout.Files[file].BlockCount;
        var perPiece = layout.BlocksPerPiece;
        // A file of one piece is hashed over its own power of two, a longer one over whole pieces (BEP 52).
        var height = blocks <= perPiece ? MerkleTree.HeightOf(blocks) : torrent.PieceHeight;
        var leaves = new Hash256[Math.Min(perPiece, blocks)];
        var bytes = new byte[PieceLayout.BlockSize];
        for (var piece = 0; piece * perPiece < blocks; piece++)
        {
            cancel.ThrowIfCancellationRequested();
            var first = piece * perPiece;
            var count = Math.Min(perPiece, blocks - first);
            var isWhole = true;
            for (var i = 0; i < count && isWhole; i++)
            {
                var offset = (long)(first + i) * PieceLayout.BlockSize;
                var span = bytes.AsSpan(0, (int)Math.Min(PieceLayout.BlockSize, length - offset));
                isWhole = adopted.ReadRaw(offset, span) == span.Length;
                leaves[i] = isWhole ? MerkleTree.Leaf(span) : default;
            }

            outcome.Pieces++;
            outcome.Bytes += Math.Min((long)count * PieceLayout.BlockSize, length - ((long)first * PieceLayout.BlockSize));
            if (isWhole && MerkleTree.Root(leaves.AsSpan(0, count).ToArray(), height) == torrent.PieceHash(file, piece))
            {
                for (var i = 0; i < count; i++)
                {
                    content.AdmitAdopted(first + i, leaves[i]);
                }
            }
            else
            {
                outcome.Wrong.Add((torrent.Files[file].Path, piece));
            }

            progress(outcome.Bytes);
        }
    }
}
