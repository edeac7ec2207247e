using Swarm.Core;

namespace Swarm.Protocol;

/// <summary>One line of a v1 file list or one leaf of a v2 file tree, as read.</summary>
/// <param name="Line">Its number in the v1 list, <see cref="Tree"/> or <see cref="Lone"/>.</param>
internal sealed record MetainfoEntry(
    int Line, IReadOnlyList<ReadOnlyMemory<byte>> Components, long Length, bool IsPad, bool IsExecutable, bool IsHidden,
    IReadOnlyList<ReadOnlyMemory<byte>>? SymlinkTarget, Hash256 PiecesRoot)
{
    /// <summary>It comes from a v2 tree.</summary>
    public const int Tree = -1;

    /// <summary>It is the one file of a v1 torrent without a list.</summary>
    public const int Lone = -2;

    public string Where => Line switch
    {
        Tree => "info.file tree/" + PathRules.Show(Components),
        Lone => "info",
        _ => $"info.files[{Line}]",
    };

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
