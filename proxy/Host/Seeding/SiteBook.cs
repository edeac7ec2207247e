namespace Swarm.Proxy.Seeding;

/// <summary>
/// What is known of every file of a site, and what follows: which is hashed next, which version is published, which is retired.
/// Pure: it is told what was seen and when.
/// </summary>
/// <param name="still">A file is hashed once it has been the same for so long: who writes it is done. One that changes again and again waits longer each time.</param>
/// <param name="retry">A file that could not be read is tried again after so long, or when it changes.</param>
internal sealed class SiteBook(TimeSpan still, TimeSpan retry)
{
    /// <summary>What is rewritten every few seconds is hashed every three minutes at the most.</summary>
    private const int MaxDoublings = 6;

    /// <summary>A version that lasted so long was no mistake: the next one waits no longer than the first.</summary>
    private static readonly TimeSpan Lasting = TimeSpan.FromMinutes(10);

    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>Smallest first: a film of 100 GB does not hold up the rest of the site.</summary>
    private readonly SortedSet<(long Bytes, string Path)> _waiting = new(Comparer<(long Bytes, string Path)>.Create(static (a, b) =>
        a.Bytes != b.Bytes ? a.Bytes.CompareTo(b.Bytes) : string.CompareOrdinal(a.Path, b.Path)));

    private enum State
    {
        Waiting,
        Hashing,
        Published,
        Refused,
    }

    public IEnumerable<string> Paths => _entries.Keys;

    /// <summary>Files that are yet to be hashed, the one that is being hashed included.</summary>
    public int Unhashed { get; private set; }

    public bool Knows(string path) => _entries.ContainsKey(path);

    /// <summary>A file was hashed in an earlier run and is still the same.</summary>
    public void Restore(string path, FileStamp stamp, DateTimeOffset now) => Set(path, new(stamp, now, State.Published, 0));

    /// <summary>A file was looked at.</summary>
    /// <param name="stamp">Null: it is not there, or not to be published.</param>
    /// <returns>True if a version of it was published that is not what is there: it must be retired now.</returns>
    public bool See(string path, FileStamp? stamp, DateTimeOffset now)
    {
        var known = _entries.TryGetValue(path, out var entry);
        if (stamp is not { } there)
        {
            Remove(path);
            return known && entry.State == State.Published;
        }

        if (known && entry.Stamp == there && (entry.State != State.Refused || now - entry.Since < retry))
        {
            return false;
        }

        // What was touched long ago has been still since; a time in the future tells nothing.
        var since = known || there.TouchedAt > now ? now : there.TouchedAt;
        var changes = !known ? 0
            : entry.State == State.Published && now - entry.Since >= Lasting ? 0
            : entry.State is State.Published or State.Hashing ? entry.Changes + 1
            : entry.Changes;
        Set(path, new(there, since, State.Waiting, changes));
        return known && entry.State == State.Published;
    }

    /// <summary>Takes the file to hash next; null if none is due.</summary>
    public (string Path, FileStamp Stamp)? TakeNext(DateTimeOffset now)
    {
        foreach (var (_, path) in _waiting)
        {
            var entry = _entries[path];
            if (Wait(entry, now) <= TimeSpan.Zero)
            {
                Set(path, entry with { State = State.Hashing });
                return (path, entry.Stamp);
            }
        }

        return null;
    }

    /// <summary>How long until a file that waits may be due; null if none waits.</summary>
    public TimeSpan? NextDue(DateTimeOffset now)
    {
        TimeSpan? least = null;
        foreach (var (_, path) in _waiting)
        {
            var wait = Wait(_entries[path], now);
            if (wait <= TimeSpan.Zero)
            {
                return TimeSpan.Zero;
            }

            least = least is { } so && so < wait ? so : wait;
        }

        return least;
    }

    /// <summary>True if this is still what there is to hash: otherwise its hashes are of no use.</summary>
    public bool IsHashing(string path, FileStamp stamp) =>
        _entries.TryGetValue(path, out var entry) && entry.State == State.Hashing && entry.Stamp == stamp;

    /// <summary>The file was hashed, and was the same before and after.</summary>
    /// <returns>True if it is to be published; false if another state of it was seen meanwhile.</returns>
    public bool Hashed(string path, FileStamp stamp, DateTimeOffset now)
    {
        if (!IsHashing(path, stamp))
        {
            return false;
        }

        Set(path, _entries[path] with { Since = now, State = State.Published });
        return true;
    }

    /// <summary>It changed while it was read, to a state that nobody has seen yet.</summary>
    public void Disturbed(string path, FileStamp stamp, DateTimeOffset now)
    {
        if (IsHashing(path, stamp))
        {
            Set(path, new(stamp, now, State.Waiting, _entries[path].Changes + 1));
        }
    }

    /// <summary>It cannot be published; the published version of it, if there is one, was retired.</summary>
    public void Refuse(string path, FileStamp stamp, DateTimeOffset now)
    {
        if (_entries.TryGetValue(path, out var entry) && entry.Stamp == stamp)
        {
            Set(path, entry with { Since = now, State = State.Refused });
        }
    }

    private void Set(string path, Entry entry)
    {
        Remove(path);
        _entries[path] = entry;
        Count(entry, path, 1);
    }

    private void Remove(string path)
    {
        if (_entries.Remove(path, out var entry))
        {
            Count(entry, path, -1);
        }
    }

    private void Count(in Entry entry, string path, int by)
    {
        Unhashed += entry.State is State.Waiting or State.Hashing ? by : 0;
        if (entry.State == State.Waiting)
        {
            _ = by > 0 ? _waiting.Add((entry.Stamp.Bytes, path)) : _waiting.Remove((entry.Stamp.Bytes, path));
        }
    }

    private TimeSpan Wait(in Entry entry, DateTimeOffset now) => entry.Since + (still * (1 << Math.Min(MaxDoublings, entry.Changes))) - now;

    /// <param name="Since">Waiting: since when it is the same. Published, refused: since when.</param>
    /// <param name="Changes">How often it changed soon after, or while, it was hashed.</param>
    private readonly record struct Entry(FileStamp Stamp, DateTimeOffset Since, State State, int Changes);
}
