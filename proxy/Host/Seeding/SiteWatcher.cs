namespace Swarm.Proxy.Seeding;

/// <summary>Hears of changes below the root as they happen (inotify). It only notes paths and wakes: the truth is what a look at the disk shows.</summary>
/// <remarks>Any thread.</remarks>
internal sealed class SiteWatcher : IDisposable
{
    /// <summary>More than these at once are quicker seen by a look at everything.</summary>
    private const int MaxPaths = 10_000;

    private readonly Lock _gate = new();
    private readonly string _root;
    private readonly Action _wake;
    private HashSet<string> _paths = new(StringComparer.Ordinal);
    private FileSystemWatcher? _watcher;
    private bool _missed;

    public SiteWatcher(string root, Action wake) => (_root, _wake) = (root, wake);

    /// <summary>Starts to listen, again if it did before.</summary>
    /// <returns>Null, or one sentence why it cannot: what happens is seen by looking.</returns>
    public string? Start()
    {
        _watcher?.Dispose();
        _watcher = null;
        try
        {
            var watcher = new FileSystemWatcher(_root)
            {
                IncludeSubdirectories = true,
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size | NotifyFilters.Attributes,
            };
            watcher.Changed += (_, e) => Note(e.FullPath);
            watcher.Created += (_, e) => Note(e.FullPath);
            watcher.Deleted += (_, e) => Note(e.FullPath);
            watcher.Renamed += (_, e) =>
            {
                Note(e.OldFullPath);
                Note(e.FullPath);
            };
            watcher.Error += (_, _) => Miss();
            watcher.EnableRaisingEvents = true;
            _watcher = watcher;
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return $"Changes in {_root} are seen by looking every minute alone, as the system watches no more folders: raise fs.inotify.max_user_watches with sysctl.";
        }
    }

    /// <summary>What was heard of since the last call, by full path.</summary>
    /// <param name="missed">True if there was more than was heard of.</param>
    public IReadOnlyCollection<string> Take(out bool missed)
    {
        lock (_gate)
        {
            missed = _missed;
            _missed = false;
            var paths = _paths;
            _paths = new(StringComparer.Ordinal);
            return paths;
        }
    }

    public void Dispose() => _watcher?.Dispose();

    private void Note(string path)
    {
        lock (_gate)
        {
            if (_paths.Count < MaxPaths)
            {
                _paths.Add(path);
            }
            else
            {
                _missed = true;
            }
        }

        _wake();
    }

    private void Miss()
    {
        lock (_gate)
        {
            _missed = true;
        }

        _wake();
    }
}
