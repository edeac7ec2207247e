namespace Swarm.Protocol;

/// <summary>
/// Whether the two descriptions of a hybrid torrent say the same (BEP 52 "Upgrade Path"): the same files in the same
/// order, and pad files that put each on the piece boundary where v2 has it.
/// </summary>
internal static class HybridRules
{
    private const string BothMustMatch = "both trees must match: make the torrent again, or as v1 or v2 alone";

    public static MetainfoError? Check(IReadOnlyList<MetainfoEntry> list, IReadOnlyList<MetainfoEntry> tree, int pieceLength)
    {
        var next = 0;
        long offset = 0;
        foreach (var file in list)
        {
            if (file.IsPad)
            {
                offset += file.Length;
                continue;
            }

            if (next >= tree.Count)
            {
                return new(file.Where, "the v1 list has a file that the v2 tree lacks", BothMustMatch);
            }

            var twin = tree[next++];
            if (!file.SamePath(twin) || !file.SameTarget(twin))
            {
                return new(file.Where, $"the v1 list names '{PathRules.Show(file.Components)}' where the v2 tree has '{PathRules.Show(twin.Components)}'", BothMustMatch);
            }

            if (file.Length != twin.Length)
            {
                return new(file.Where, $"{file.Length} bytes in the v1 list, {twin.Length} in the v2 tree", BothMustMatch);
            }

            if (file.Length > 0)
            {
                if (offset % pieceLength != 0)
                {
                    return new(file.Where, "it does not start on a piece boundary: a pad file (BEP 47) is missing before it or has the wrong length", BothMustMatch);
                }

                offset += file.Length;
            }
        }

        return next < tree.Count ? new(tree[next].Where, "the v2 tree has a file that the v1 list lacks", BothMustMatch) : PadsAreTight(list, pieceLength);
    }

    /// <summary>A pad file of a whole piece or more would shift every later file by pieces that v2 does not have.</summary>
    private static MetainfoError? PadsAreTight(IReadOnlyList<MetainfoEntry> list, int pieceLength)
    {
        long offset = 0;
        foreach (var file in list)
        {
            if (file.IsPad && file.Length > (pieceLength - (offset % pieceLength)) % pieceLength)
            {
                return new(file.Where, $"a pad file of {file.Length} bytes reaches past the piece boundary", BothMustMatch);
            }

            offset += file.Length;
        }

        return null;
    }
}
