using System.Text.Json;
using Swarm.Protocol;
using Swarm.Proxy.Control;

namespace Swarm.Proxy.Library;

/// <summary>The library's files: one metainfo and one record a torrent, for this user alone.</summary>
/// <param name="path">Null keeps nothing over a restart.</param>
internal sealed class LibraryFolder(string? path)
{
    private const string Metafile = ".torrent";
    private const string Record = ".json";

    /// <summary>Every torrent that can be read. What cannot is left where it is, for a person to look at.</summary>
    public IEnumerable<(Metainfo Torrent, LibraryRecord Record)> Load()
    {
        if (path is null || !Directory.Exists(path))
        {
            yield break;
        }

        foreach (var file in Directory.EnumerateFiles(path, "*" + Metafile).Order(StringComparer.Ordinal))
        {
            if (TryRead(file) is { } torrent && torrent.InfoHash.Id == Path.GetFileNameWithoutExtension(file))
            {
                yield return (torrent, TryReadRecord(Path.ChangeExtension(file, Record)) ?? new(default, false, null));
            }
        }
    }

    /// <exception cref="IOException">The disk refuses.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written.</exception>
    public void Save(string infohash, ReadOnlySpan<byte> metainfo)
    {
        if (path is not null)
        {
            Directory.CreateDirectory(path);
            PrivateFile.Write(Path.Combine(path, infohash + Metafile), metainfo);
        }
    }

    /// <inheritdoc cref="Save(string, ReadOnlySpan{byte})"/>
    public void Save(string infohash, LibraryRecord record)
    {
        if (path is not null)
        {
            Directory.CreateDirectory(path);
            PrivateFile.Write(Path.Combine(path, infohash + Record), JsonSerializer.SerializeToUtf8Bytes(record, LibraryJson.Default.LibraryRecord));
        }
    }

    public void Delete(string infohash)
    {
        if (path is not null)
        {
            PrivateFile.TryDelete(Path.Combine(path, infohash + Metafile));
            PrivateFile.TryDelete(Path.Combine(path, infohash + Record));
        }
    }

    private static Metainfo? TryRead(string file)
    {
        try
        {
            return Metainfo.TryParse(File.ReadAllBytes(file), out var torrent, out _) ? torrent : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static LibraryRecord? TryReadRecord(string file)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), LibraryJson.Default.LibraryRecord);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }
}
