using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Swarm.Core;
using Swarm.Proxy.Control;

namespace Swarm.Proxy.Seeding;

/// <summary>
/// What was hashed, kept over a restart: for each file a record, and its hashes beside it. A record is written last and each file in one
/// step; whoever loads one makes the torrent again and compares the infohash, so that a damaged one is only hashed again.
/// </summary>
/// <remarks>One caller at a time.</remarks>
/// <param name="folder">In the state folder, of this root alone.</param>
internal sealed class SiteArchive(string folder)
{
    private const string Record = ".json";
    private const string Hashes = ".hashes";
    private const int PieceHashBytes = 20; // SHA-1, BEP 3

    /// <summary>The archive of a root in a state folder.</summary>
    public static SiteArchive Of(string stateFolder, string root) => new(Path.Combine(stateFolder, "site", Key(root)));

    /// <summary>Every record that can be read.</summary>
    public IEnumerable<SiteRecord> Load()
    {
        if (!Directory.Exists(folder))
        {
            yield break;
        }

        foreach (var file in Directory.EnumerateFiles(folder, "*" + Record).Order(StringComparer.Ordinal))
        {
            if (TryRead(file) is { } record && Key(record.Path) == Path.GetFileNameWithoutExtension(file))
            {
                yield return record;
            }
        }
    }

    /// <summary>The record of a file; null if there is none, or none that can be read.</summary>
    public SiteRecord? Find(string path) => TryRead(PathOf(path, Record)) is { } record && record.Path == path ? record : null;

    /// <summary>The hashes of a record; null if they are not there, or not as many as the file's length asks for.</summary>
    public SiteHashes? LoadHashes(SiteRecord record)
    {
        try
        {
            var bytes = File.ReadAllBytes(PathOf(record.Path, Hashes));
            if (record.PieceBytes < PieceLayout.BlockSize || record.Stamp.Bytes <= 0)
            {
                return null;
            }

            var v1Bytes = (record.Stamp.Bytes + record.PieceBytes - 1) / record.PieceBytes * PieceHashBytes;
            var leaves = (record.Stamp.Bytes + PieceLayout.BlockSize - 1) / PieceLayout.BlockSize;
            if (bytes.Length != v1Bytes + (leaves * Hash256.Size))
            {
                return null;
            }

            var tree = new Hash256[leaves];
            for (var i = 0; i < tree.Length; i++)
            {
                tree[i] = Hash256.Read(bytes.AsSpan((int)v1Bytes + (i * Hash256.Size), Hash256.Size));
            }

            return new(record.PieceBytes, bytes.AsMemory(0, (int)v1Bytes), tree);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <exception cref="IOException">The disk refuses.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written.</exception>
    public void Save(SiteRecord record, SiteHashes hashes)
    {
        Directory.CreateDirectory(folder);
        var bytes = new byte[hashes.V1Pieces.Length + (hashes.Leaves.Length * Hash256.Size)];
        hashes.V1Pieces.Span.CopyTo(bytes);
        for (var i = 0; i < hashes.Leaves.Length; i++)
        {
            hashes.Leaves.Span[i].Write(bytes.AsSpan(hashes.V1Pieces.Length + (i * Hash256.Size)));
        }

        PrivateFile.Write(PathOf(record.Path, Hashes), bytes);
        PrivateFile.Write(PathOf(record.Path, Record), JsonSerializer.SerializeToUtf8Bytes(record, SiteRecordJson.Default.SiteRecord));
    }

    public void Delete(string path)
    {
        PrivateFile.TryDelete(PathOf(path, Record));
        PrivateFile.TryDelete(PathOf(path, Hashes));
    }

    private static SiteRecord? TryRead(string file)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), SiteRecordJson.Default.SiteRecord) is { Path: not null, Infohash: not null } record ? record : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    private string PathOf(string path, string suffix) => Path.Combine(folder, Key(path) + suffix);

    /// <summary>A file name for any text: half a SHA-256 collides for nobody.</summary>
    private static string Key(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..32];
}
