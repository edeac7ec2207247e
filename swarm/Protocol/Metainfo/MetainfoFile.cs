using System.Text;
using Swarm.Core;

namespace Swarm.Protocol;

/// <summary>A file of a torrent, pad files and symlinks apart.</summary>
/// <param name="Path">Slash-separated, relative to the torrent's folder, checked for traversal and made printable.</param>
/// <param name="Range">Where it lies in the block space of <see cref="Metainfo.Layout"/>, bytes.</param>
/// <param name="RewrittenFrom">The original path, percent-encoded, where <paramref name="Path"/> had to differ from it; else null.</param>
/// <param name="IsExecutable">BEP 47 attribute x.</param>
/// <param name="IsHidden">BEP 47 attribute h.</param>
public sealed record MetainfoFile(string Path, ByteRange Range, string? RewrittenFrom, bool IsExecutable, bool IsHidden)
{
    public long Length => Range.Length;

    /// <summary>The path as web seeds know it (BEP 19): each component percent-encoded from its original bytes.</summary>
    public string EscapedPath =>
        RewrittenFrom ?? string.Join('/', Path.Split('/').Select(c => PercentEncoding.Encode(Encoding.UTF8.GetBytes(c))));
}

/// <summary>A symlink of a torrent (BEP 47): a second name for the file at <paramref name="Target"/>, both relative to the torrent's folder.</summary>
public sealed record MetainfoSymlink(string Path, string Target);
