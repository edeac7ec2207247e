namespace Swarm.Engine;

/// <summary>What became of the files a user lent to a torrent.</summary>
public sealed class AdoptionOutcome
{
    // More names than these help nobody.
    private const int NamedMax = 5;

    /// <summary>Pieces looked at, and their bytes.</summary>
    public int Pieces { get; internal set; }

    public long Bytes { get; internal set; }

    /// <summary>Pieces that differ from the torrent, by file.</summary>
    public IList<(string File, int Piece)> Wrong { get; } = [];

    /// <summary>Files of the torrent that are not in the folder.</summary>
    public IList<string> Missing { get; } = [];

    /// <summary>Files that could not be read, with the reason.</summary>
    public IList<string> Unreadable { get; } = [];

    /// <summary>One sentence for the person who lent the files.</summary>
    public string Sentence()
    {
        var right = Pieces - Wrong.Count;
        var text = Wrong.Count == 0 && Missing.Count == 0 && Unreadable.Count == 0 ? $"adopted: all {Pieces} pieces are right" : $"adopted: {right} of {Pieces} pieces are right";
        if (Wrong.Count > 0)
        {
            text += $"; {Wrong.Count} differ from the torrent ({Some(Wrong.GroupBy(static w => w.File).Select(static g => $"{g.Key}: piece {string.Join(", ", g.Take(NamedMax).Select(static w => w.Piece))}{(g.Count() > NamedMax ? ", …" : "")}"))})";
        }

        if (Missing.Count > 0)
        {
            text += $"; not there: {Some(Missing)}";
        }

        if (Unreadable.Count > 0)
        {
            text += $"; not readable: {Some(Unreadable)}";
        }

        return right < Pieces || Missing.Count + Unreadable.Count > 0 ? text + "; what is wrong is fetched when it is wanted, your files are never changed." : text + ".";
    }

    private static string Some(IEnumerable<string> names)
    {
        var all = names.ToList();
        return string.Join(", ", all.Take(NamedMax)) + (all.Count > NamedMax ? $" and {all.Count - NamedMax} more" : "");
    }
}
