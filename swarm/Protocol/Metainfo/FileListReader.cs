namespace Swarm.Protocol;

/// <summary>Reads the v1 description of the files (BEP 3 <c>length</c> or <c>files</c>, with the attributes of BEP 47).</summary>
internal static class FileListReader
{
    public static MetainfoError? TryRead(BencodeValue info, bool preferUtf8, ReadOnlyMemory<byte> name, MetainfoEntries entries)
    {
        var files = info["files"u8];
        if (!files.Exists)
        {
            return Read(info, MetainfoEntry.Lone, "info", [name], preferUtf8, entries);
        }

        if (files.Kind != BencodeKind.List || files.Count == 0)
        {
            return new("info.files", "it must be a list of at least one file", MetainfoError.MakeItAgain);
        }

        if (info["length"u8].Exists)
        {
            return new("info", "it has both 'length' (one file) and 'files' (several)", MetainfoError.MakeItAgain);
        }

        var i = 0;
        foreach (var file in files.Items)
        {
            var error = Read(file, i, $"info.files[{i}]", null, preferUtf8, entries);
            i++;
            if (error is not null)
            {
                return error;
            }
        }

        return null;
    }

    /// <summary>The attributes of BEP 47; unknown letters are ignored.</summary>
    public static (bool Pad, bool Symlink, bool Executable, bool Hidden) Attributes(BencodeValue file)
    {
        var attributes = file["attr"u8].Bytes.Span;
        return (attributes.Contains((byte)'p'), attributes.Contains((byte)'l'), attributes.Contains((byte)'x'), attributes.Contains((byte)'h'));
    }

    /// <summary>A list of strings as path components, or null.</summary>
    public static List<ReadOnlyMemory<byte>>? Components(BencodeValue list)
    {
        if (list.Kind != BencodeKind.List)
        {
            return null;
        }

        var components = new List<ReadOnlyMemory<byte>>(Math.Min(list.Count, PathRules.MaxComponents + 1));
        foreach (var item in list.Items)
        {
            if (item.Kind != BencodeKind.Bytes)
            {
                return null;
            }

            components.Add(item.Bytes);
        }

        return components;
    }

    private static MetainfoError? Read(
        BencodeValue file, int line, string where, List<ReadOnlyMemory<byte>>? path, bool preferUtf8, MetainfoEntries entries)
    {
        var (pad, symlink, executable, hidden) = Attributes(file);
        List<ReadOnlyMemory<byte>>? target = null;
        if (symlink && !pad)
        {
            target = Components(file["symlink path"u8]);
            if (target is null || PathRules.Check(target) is not null)
            {
                return new($"{where}.symlink path", "a symlink needs a target inside the torrent: a list of plain names", MetainfoError.MakeItAgain);
            }
        }

        var lengthValue = file["length"u8];
        if (!lengthValue.TryGetInteger(out var length) && (target is null || lengthValue.Exists))
        {
            return new($"{where}.length", "it must be an integer", MetainfoError.MakeItAgain);
        }

        if (length < 0 || (target is not null && length != 0))
        {
            return new($"{where}.length", target is null ? $"{length} is negative" : "a symlink has no bytes of its own", MetainfoError.MakeItAgain);
        }

        if (path is null && !pad)
        {
            path = (preferUtf8 ? Components(file["path.utf-8"u8]) : null) ?? Components(file["path"u8]);
            var problem = path is null ? "it must be a list of strings" : PathRules.Check(path);
            if (problem is not null)
            {
                return new($"{where}.path", problem, MetainfoError.MakeItAgain);
            }
        }

        // BEP 47: the path of a pad file means nothing and may be absent.
        return entries.Add(new(line, path ?? [], length, pad, executable, hidden, target, default));
    }
}
