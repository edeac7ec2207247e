using Swarm.Core;

namespace Swarm.Protocol;

/// <summary>One line of a v1 file list or one leaf of a v2 file tree, as read.</summary>
/// <param name="Line">Its number in the v1 list, or -1 in a tree.</param>
internal sealed record MetainfoEntry(
    int Line, IReadOnlyList<ReadOnlyMemory<byte>> Components, long Length, bool IsPad, bool IsExecutable, bool IsHidden,
    IReadOnlyList<ReadOnlyMemory<byte>>? SymlinkTarget, Hash256 PiecesRoot)
{
    public string Where => Line < 0 ? "info.file tree." + PathRules.Join(Components) : $"info.files[{Line}]";

    public bool SamePath(MetainfoEntry other) => Same(Components, other.Components);

    public bool SameTarget(MetainfoEntry other) =>
        SymlinkTarget is null ? other.SymlinkTarget is null : other.SymlinkTarget is not null && Same(SymlinkTarget, other.SymlinkTarget);

    private static bool Same(IReadOnlyList<ReadOnlyMemory<byte>> a, IReadOnlyList<ReadOnlyMemory<byte>> b)
    {
        if (a.Count != b.Count)
        {
            return false;
        }

        for (var i = 0; i < a.Count; i++)
        {
            if (!a[i].Span.SequenceEqual(b[i].Span))
            {
                return false;
            }
        }

        return true;
    }
}
