namespace Swarm.Protocol;

/// <summary>
/// The files of one description as they are read, bounded in number and in text: a v2 tree spells a folder once, so a few
/// bytes could otherwise stand for gigabytes of paths.
/// </summary>
internal sealed class MetainfoEntries(MetainfoLimits limits)
{
    /// <summary>What a component costs beside its text, bytes.</summary>
    private const int ComponentCost = 8;

    private readonly List<MetainfoEntry> _entries = [];
    private long _pathBytes;

    public IReadOnlyList<MetainfoEntry> List => _entries;

    public MetainfoError? Add(MetainfoEntry entry)
    {
        if (_entries.Count >= limits.MaxFiles)
        {
            return new(entry.Where, $"more than {limits.MaxFiles} files", "split the torrent");
        }

        foreach (var component in entry.Components)
        {
            _pathBytes += component.Length + ComponentCost;
        }

        if (_pathBytes > limits.MaxBytes)
        {
            return new(entry.Where, $"the paths together pass {limits.MaxBytes} bytes", "split the torrent");
        }

        _entries.Add(entry);
        return null;
    }
}
