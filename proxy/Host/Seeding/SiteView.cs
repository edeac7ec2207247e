namespace Swarm.Proxy.Seeding;

/// <summary>What a look at the whole root showed.</summary>
internal sealed class SiteView
{
    private readonly Dictionary<string, FileStamp> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _problems = new(StringComparer.Ordinal);

    /// <summary>Files that can be published.</summary>
    public IReadOnlyDictionary<string, FileStamp> Files => _files;

    /// <summary>What cannot, and why and what to do: a clause each.</summary>
    public IReadOnlyDictionary<string, string> Problems => _problems;

    /// <summary>Files that are not worth a swarm.</summary>
    public int Small { get; private set; }

    /// <summary>Not one file was seen.</summary>
    public bool IsEmpty => _files.Count + _problems.Count + Small == 0;

    public void Note(string path, in SiteFinding finding)
    {
        if (finding.Stamp is { } stamp)
        {
            _files[path] = stamp;
        }
        else if (finding.Problem is { } problem)
        {
            _problems[path] = problem;
        }

        Small += finding.IsSmall ? 1 : 0;
    }
}

/// <summary>What a look at one path showed; nothing at all where there is nothing to publish and nothing to say.</summary>
/// <param name="Stamp">Of a file that can be published.</param>
/// <param name="Problem">Why it cannot be, and what to do: a clause.</param>
internal readonly record struct SiteFinding(FileStamp? Stamp = null, string? Problem = null, bool IsFolder = false, bool IsSmall = false);
