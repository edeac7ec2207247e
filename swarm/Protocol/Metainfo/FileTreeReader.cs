using Swarm.Core;

namespace Swarm.Protocol;

/// <summary>Reads the v2 description of the files (BEP 52 <c>file tree</c>), in tree order.</summary>
internal sealed class FileTreeReader(MetainfoEntries entries)
{
    private readonly List<ReadOnlyMemory<byte>> _path = [];

    public MetainfoError? TryRead(BencodeValue tree)
    {
        if (tree.Kind != BencodeKind.Dictionary || tree.Count == 0)
        {
            return new("info.file tree", "it must be a dictionary with at least one file", MetainfoError.MakeItAgain);
        }

        if (tree[""u8].Exists)
        {
            return new("info.file tree", "its root is a file; files need a name", MetainfoError.MakeItAgain);
        }

        var error = Walk(tree);
        return error is null && entries.List.Count == 0
            ? new("info.file tree", "it names no file", MetainfoError.MakeItAgain)
            : error;
    }

    private string Where => "info.file tree/" + PathRules.Show(_path);

    /// <summary>Calls itself once a folder; <see cref="PathRules.MaxComponents"/> bounds the depth.</summary>
    private MetainfoError? Walk(BencodeValue folder)
    {
        foreach (var (name, value) in folder.Entries)
        {
            if (name.Bytes.IsEmpty)
            {
                // Properties of the folder itself; BEP 52 defines none.
                continue;
            }

            _path.Add(name.Bytes);
            var error = PathRules.Check(_path) is { } problem
                ? new(Where, problem, MetainfoError.MakeItAgain)
                : Visit(value);
            if (error is not null)
            {
                return error;
            }

            _path.RemoveAt(_path.Count - 1);
        }

        return null;
    }

    private MetainfoError? Visit(BencodeValue value)
    {
        if (value.Kind != BencodeKind.Dictionary)
        {
            return new(Where, "it must be a dictionary", MetainfoError.MakeItAgain);
        }

        var file = value[""u8];
        var isFile = file["length"u8].Exists || FileListReader.Attributes(file).Symlink;
        if (!isFile)
        {
            return Walk(value);
        }

        return value.Count != 1
            ? new(Where, "it is a file and a folder at once", MetainfoError.MakeItAgain)
            : File(file);
    }

    private MetainfoError? File(BencodeValue file)
    {
        var (pad, symlink, executable, hidden) = FileListReader.Attributes(file);
        if (pad)
        {
            return new(Where, "a v2 tree needs no pad files: files start on piece boundaries by themselves", MetainfoError.MakeItAgain);
        }

        List<ReadOnlyMemory<byte>>? target = null;
        if (symlink)
        {
            target = FileListReader.Components(file["symlink path"u8]);
            if (target is null || PathRules.Check(target) is not null)
            {
                return new($"{Where}.symlink path", "a symlink needs a target inside the torrent: a list of plain names", MetainfoError.MakeItAgain);
            }
        }

        var lengthValue = file["length"u8];
        if (!lengthValue.TryGetInteger(out var length) && (target is null || lengthValue.Exists))
        {
            return new($"{Where}.length", "it must be an integer", MetainfoError.MakeItAgain);
        }

        if (length < 0 || (target is not null && length != 0))
        {
            return new($"{Where}.length", target is null ? $"{length} is negative" : "a symlink has no bytes of its own", MetainfoError.MakeItAgain);
        }

        var root = default(Hash256);
        if (length > 0)
        {
            var bytes = file["pieces root"u8].Bytes.Span;
            if (bytes.Length != Hash256.Size)
            {
                return new($"{Where}.pieces root", "a file with content needs a root of 32 bytes", MetainfoError.MakeItAgain);
            }

            root = Hash256.Read(bytes);
        }

        return entries.Add(new(MetainfoEntry.Tree, [.. _path], length, false, executable, hidden, target, root));
    }
}
