using System.Collections.Immutable;
using Swarm.Core;

namespace Swarm.Protocol;

/// <summary>Lays the files of a torrent into its piece space and checks that their names do not collide.</summary>
internal sealed class PieceSpaceBuilder(MetainfoLimits limits, int pieceLength, string name)
{
    private readonly ImmutableArray<ContentFile>.Builder _content = ImmutableArray.CreateBuilder<ContentFile>();
    private readonly ImmutableArray<MetainfoFile>.Builder _files = ImmutableArray.CreateBuilder<MetainfoFile>();
    private readonly ImmutableArray<MetainfoSymlink>.Builder _symlinks = ImmutableArray.CreateBuilder<MetainfoSymlink>();
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly HashSet<string> _folders = new(StringComparer.Ordinal);

    public ImmutableArray<MetainfoFile> Files => _files.ToImmutable();

    public ImmutableArray<MetainfoSymlink> Symlinks => _symlinks.ToImmutable();

    private long MaxBytes => (long)limits.MaxPieces * pieceLength;

    public ContentLayout ToLayout() => new(_content.ToImmutable(), pieceLength);

    /// <summary>True if the pad files of a v1 list (BEP 47) put every file on the piece boundary where v2 would have it.</summary>
    public static bool IsAligned(IReadOnlyList<MetainfoEntry> list, int pieceLength)
    {
        long offset = 0, aligned = 0;
        foreach (var entry in list)
        {
            if (!entry.IsPad && entry.Length > 0)
            {
                if (offset != aligned)
                {
                    return false;
                }

                aligned += (entry.Length + pieceLength - 1) / pieceLength * pieceLength;
            }

            offset += entry.Length;
            if (offset > aligned)
            {
                return false; // a pad that reaches past the boundary
            }
        }

        return true;
    }

    /// <summary>v2, hybrid, and v1 with pad files: each file starts on a piece boundary.</summary>
    public MetainfoError? AddAligned(IReadOnlyList<MetainfoEntry> tree)
    {
        long offset = 0;
        foreach (var entry in tree)
        {
            if (entry.IsPad)
            {
                continue;
            }

            if (Fits(offset, entry) is { } error)
            {
                return error;
            }

            if (Add(entry, offset) is { } file)
            {
                _content.Add(new ContentFile(file.Path, file.Length, (int)(offset / PieceLayout.BlockSize), entry.PiecesRoot));
            }

            offset += (entry.Length + pieceLength - 1) / pieceLength * pieceLength;
        }

        return Collision(tree);
    }

    /// <summary>v1 without such pads: the files follow each other byte by byte, pad files among them, and the layout is one run.</summary>
    public MetainfoError? AddContiguous(IReadOnlyList<MetainfoEntry> list)
    {
        long offset = 0;
        foreach (var entry in list)
        {
            if (Fits(offset, entry) is { } error)
            {
                return error;
            }

            if (!entry.IsPad)
            {
                Add(entry, offset);
            }

            offset += entry.Length;
        }

        _content.Add(new ContentFile(name, offset, 0, default));
        return Collision(list);
    }

    private MetainfoFile? Add(MetainfoEntry entry, long offset)
    {
        var path = PathRules.Join(entry.Components);
        if (entry.SymlinkTarget is { } target)
        {
            _symlinks.Add(new(path, PathRules.Join(target)));
            return null;
        }

        var escaped = PathRules.IsFaithful(path, entry.Components) ? null : PathRules.Escape(entry.Components);
        var file = new MetainfoFile(path, new ByteRange(offset, entry.Length), escaped, entry.IsExecutable, entry.IsHidden);
        _files.Add(file);
        return file;
    }

    private MetainfoError? Fits(long offset, MetainfoEntry entry) =>
        entry.Length > MaxBytes - offset || (offset + entry.Length) / PieceLayout.BlockSize >= int.MaxValue - (pieceLength / PieceLayout.BlockSize)
            ? new(entry.Where, $"with its {entry.Length} bytes the torrent passes {limits.MaxPieces} pieces of {pieceLength} bytes", "use longer pieces or split the torrent")
            : null;

    private MetainfoError? Collision(IReadOnlyList<MetainfoEntry> entries)
    {
        foreach (var entry in entries)
        {
            if (entry.IsPad)
            {
                continue;
            }

            var path = PathRules.Join(entry.Components);
            if (!_names.Add(path))
            {
                return new(entry.Where, $"two files are named '{path}'", MetainfoError.MakeItAgain);
            }

            for (var slash = path.LastIndexOf('/'); slash > 0 && _folders.Add(path[..slash]); slash = path.LastIndexOf('/', slash - 1))
            {
            }
        }

        foreach (var path in _names)
        {
            if (_folders.Contains(path))
            {
                return new("info", $"'{path}' is a file and a folder at once", MetainfoError.MakeItAgain);
            }
        }

        return null;
    }
}
