using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Swarm.Proxy.Cache;

/// <summary>
/// The stored answers on disk: what the memory has is written behind it, what the memory let go is read again. Segments are appended to and,
/// the oldest first, thrown away whole; in memory there is a place for each URL. Nothing here is waited for but a read that would otherwise
/// go to the origin.
/// </summary>
/// <remarks>
/// Thread-safe. <c>_gate</c> guards index and queue and is held for moments; <c>_io</c> guards the segments against each other's writers.
/// Order: the store's lock, then <c>_gate</c>; <c>_io</c>, then <c>_gate</c>.
/// </remarks>
internal sealed partial class AnswerDisk : IAsyncDisposable
{
    /// <summary>URLs waiting to be written; what comes when it is full is not kept.</summary>
    private const int QueueMax = 4096;

    /// <summary>Places remembered: about 20 MiB at most, whatever the quota.</summary>
    private const int UrlsMax = 200_000;

    /// <summary>Written when a node stops and everything said is on disk; taken away when one starts.</summary>
    private const string CleanMark = "clean";

    /// <summary>Holds the number of the newest segment that an unclean stop left: an invalidation may be missing from it and those before it.</summary>
    private const string UnprovenMark = "unproven";

    private readonly Lock _gate = new();
    private readonly Lock _io = new();
    private readonly Dictionary<UInt128, Entry> _index = [];
    private readonly Dictionary<int, AnswerSegment> _segments = [];
    private readonly Queue<string> _queue = new();
    private readonly HashSet<string> _queued = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _work = new(0);
    private readonly string _folder;
    private readonly long _quotaBytes;
    private readonly long _segmentBytes;
    private readonly ILogger _logger;
    private readonly int _unprovenUpTo;
    private AnswerSegment? _tail;
    private int _nextNumber;
    private long _bytes;
    private bool _complete = true;
    private bool _stopping;
    private bool _writing;
    private bool _broken;
    private Func<string, ImmutableArray<StoredAnswer>>? _current;
    private Task _writer = Task.CompletedTask;

    private AnswerDisk(string folder, long quotaBytes, ILogger logger)
    {
        (_folder, _quotaBytes, _logger) = (folder, quotaBytes, logger);
        _segmentBytes = Math.Clamp(quotaBytes / 16, 64 << 10, 16 << 20); // a sixteenth goes at a time
        Recover();
        _unprovenUpTo = ReadUnproven();
    }

    /// <summary>One URL's newest record.</summary>
    /// <param name="Oldest">The oldest segment that it or a run of it lies in: with that one the record goes.</param>
    private readonly record struct Entry(AnswerPlace Place, int Oldest);

    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>URLs with a record.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _index.Count;
            }
        }
    }

    /// <summary>Opens or makes the folder. Throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.</summary>
    public static AnswerDisk Open(string folder, long quotaBytes, ILogger logger)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return new(folder, quotaBytes, logger);
    }

    /// <summary>Begins to write. Until then nothing is lost: the queue waits.</summary>
    /// <param name="current">The answers of a URL in memory; empty for none.</param>
    public void Start(Func<string, ImmutableArray<StoredAnswer>> current)
    {
        _current = current;
        _writer = Task.Run(WriteAllAsync);
    }

    /// <summary>Nothing waits to be written, and nothing is being written.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate)
            {
                return _queue.Count == 0 && !_writing;
            }
        }
    }

    public bool Knows(string url)
    {
        lock (_gate)
        {
            return _index.Count > 0 && _index.ContainsKey(KeyOf(url));
        }
    }

    /// <summary>True while this place is where the newest answers of the URL lie.</summary>
    public bool IsCurrent(string url, AnswerPlace place)
    {
        lock (_gate)
        {
            return _index.TryGetValue(KeyOf(url), out var entry) && entry.Place == place;
        }
    }

    /// <summary>The answers of a URL, newest first, and where they lay; empty if none are kept whole.</summary>
    public async ValueTask<(ImmutableArray<StoredAnswer> Answers, AnswerPlace Place)> LoadAsync(string url, CancellationToken cancel)
    {
        Entry entry;
        lock (_gate)
        {
            if (!_index.TryGetValue(KeyOf(url), out entry))
            {
                return ([], AnswerPlace.None);
            }
        }

        try
        {
            if (SegmentOf(entry.Place) is { } segment && await segment.ReadAsync(entry.Place.Offset, SegmentRecordKind.Answers, cancel).ConfigureAwait(false) is { } content
                && AnswerRecord.Read(content) is { } record && record.Url == url && await WithBodiesAsync(record, entry.Place.Segment > _unprovenUpTo, cancel).ConfigureAwait(false) is { } answers)
            {
                return (answers, entry.Place);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or UnauthorizedAccessException)
        {
            LogUnreadable(_logger, e);
        }

        lock (_gate)
        {
            if (_index.GetValueOrDefault(KeyOf(url)) == entry)
            {
                _index.Remove(KeyOf(url));
            }
        }

        return ([], AnswerPlace.None);
    }

    /// <summary>The answers of a URL are others now, or none: nothing kept of it before serves again. Notes, and does not wait.</summary>
    public void Changed(string url)
    {
        lock (_gate)
        {
            _index.Remove(KeyOf(url));
            if (_broken || _queued.Contains(url))
            {
                return;
            }

            if (_queue.Count >= QueueMax)
            {
                _complete = false; // an older record of it may outlive this node: the next one asks before it uses any
                return;
            }

            _queued.Add(url);
            _queue.Enqueue(url);
        }

        _work.Release();
    }

    /// <summary>Forgets everything, on disk too, before it returns. How many URLs were known here and to nobody whom <paramref name="alsoThere"/> names.</summary>
    public int Clear(IEnumerable<string> alsoThere)
    {
        lock (_io)
        {
            int known;
            lock (_gate)
            {
                known = _index.Count - alsoThere.Count(url => _index.ContainsKey(KeyOf(url)));
                _index.Clear();
                _queue.Clear();
                _queued.Clear();
                _complete = true;
            }

            try
            {
                DeleteOldest(keep: 0);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                LogBroken(_logger, e);
                _complete = false;
            }

            return known;
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _stopping = true;
        }

        _work.Release();
        await _writer.ConfigureAwait(false);
        lock (_io)
        {
            try
            {
                foreach (var segment in _segments.Values)
                {
                    segment.Flush();
                }

                if (_complete && !_broken)
                {
                    File.WriteAllBytes(Path.Combine(_folder, CleanMark), []);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                LogBroken(_logger, e);
            }

            foreach (var segment in _segments.Values)
            {
                segment.Dispose();
            }
        }
    }

    // --- Writing

    private async Task WriteAllAsync()
    {
        while (true)
        {
            await _work.WaitAsync().ConfigureAwait(false);
            string? url;
            lock (_gate)
            {
                if (!_queue.TryDequeue(out url))
                {
                    if (_stopping)
                    {
                        return;
                    }

                    continue;
                }

                _queued.Remove(url);
                _writing = true;
            }

            try
            {
                lock (_io)
                {
                    Write(url);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
            {
                // A full or failing disk: answers stay in memory, as without a disk.
                LogBroken(_logger, e);
                lock (_gate)
                {
                    _broken = true;
                    _index.Clear();
                    _queue.Clear();
                    _queued.Clear();
                }
            }
            finally
            {
                lock (_gate)
                {
                    _writing = false;
                }
            }
        }
    }

    private void Write(string url)
    {
        // What someone's credentials brought is not written down.
        var answers = _current!(url).Where(a => a.Head.CredentialsKey.Length == 0).ToImmutableArray();
        if (answers.Sum(a => a.CostBytes) > _quotaBytes / 4)
        {
            answers = []; // it would drive out too much else
        }

        if (answers.IsEmpty)
        {
            Append(SegmentRecordKind.Forget, Encoding.UTF8.GetBytes(url));
            return;
        }

        var oldest = int.MaxValue;
        var record = new AnswerRecord(url, [.. answers.Select(a => (a.Head, a.Protocol, Runs(a)))]);
        var place = Append(SegmentRecordKind.Answers, record.Write());
        lock (_gate)
        {
            oldest = Math.Min(oldest, place.Segment);
            if (!_queued.Contains(url) && _segments.ContainsKey(oldest))
            {
                _index[KeyOf(url)] = new(place, oldest);
            }
        }

        ImmutableArray<StoredRun> Runs(StoredAnswer answer)
        {
            var runs = ImmutableArray.CreateBuilder<StoredRun>(answer.Parts.Length);
            foreach (var part in answer.Parts)
            {
                if (part.Place == AnswerPlace.None || SegmentOf(part.Place) is null)
                {
                    part.Place = Append(SegmentRecordKind.Bytes, part.Bytes);
                }

                oldest = Math.Min(oldest, part.Place.Segment);
                runs.Add(new(part.Offset, part.Bytes.Length, part.Place));
            }

            return runs.ToImmutable();
        }
    }

    private AnswerPlace Append(SegmentRecordKind kind, ReadOnlySpan<byte> content)
    {
        if (_tail is null || (_tail.Length > 0 && _tail.Length + content.Length > _segmentBytes))
        {
            _tail = AnswerSegment.Open(_folder, _nextNumber++);
            lock (_gate)
            {
                _segments.Add(_tail.Number, _tail);
            }
        }

        var place = _tail.Append(kind, content);
        Interlocked.Add(ref _bytes, SegmentRecord.HeadBytes + content.Length);
        while ((Bytes > _quotaBytes || Count > UrlsMax) && _segments.Count > 1)
        {
            DeleteOldest(_segments.Count - 1);
        }

        return place;
    }

    /// <summary>Throws the oldest segments away until so many are left, and with them what refers to them.</summary>
    private void DeleteOldest(int keep)
    {
        foreach (var number in _segments.Keys.Order().Take(_segments.Count - keep).ToList())
        {
            AnswerSegment segment;
            lock (_gate)
            {
                segment = _segments[number];
                _segments.Remove(number);
                foreach (var key in _index.Where(e => e.Value.Oldest <= number).Select(e => e.Key).ToList())
                {
                    _index.Remove(key);
                }
            }

            Interlocked.Add(ref _bytes, -segment.Length);
            if (_tail == segment)
            {
                _tail = null;
            }

            segment.Delete();
        }
    }

    // --- Reading

    private async ValueTask<ImmutableArray<StoredAnswer>?> WithBodiesAsync(AnswerRecord record, bool isProven, CancellationToken cancel)
    {
        var answers = ImmutableArray.CreateBuilder<StoredAnswer>();
        foreach (var (head, protocol, runs) in record.Answers)
        {
            var parts = ImmutableArray.CreateBuilder<StoredPart>();
            foreach (var run in runs)
            {
                if (SegmentOf(run.Place) is not { } segment || await segment.ReadAsync(run.Place.Offset, SegmentRecordKind.Bytes, cancel).ConfigureAwait(false) is not { } bytes
                    || bytes.Length != run.Length)
                {
                    return null;
                }

                parts.Add(new(run.Offset, bytes) { Place = run.Place });
            }

            answers.Add(new(isProven ? head : head.Unproven(), parts.ToImmutable(), protocol));
        }

        return answers.ToImmutable();
    }

    private AnswerSegment? SegmentOf(AnswerPlace place)
    {
        lock (_gate)
        {
            return _segments.GetValueOrDefault(place.Segment);
        }
    }

    /// <summary>Opens what is there, in order; later records stand for earlier ones of their URL.</summary>
    private void Recover()
    {
        foreach (var (path, number) in Directory.EnumerateFiles(_folder).Select(p => (Path: p, Number: AnswerSegment.NumberOf(p))).Where(p => p.Number is not null).OrderBy(p => p.Number))
        {
            var segment = AnswerSegment.Open(_folder, number!.Value);
            _segments.Add(segment.Number, segment);
            _nextNumber = segment.Number + 1;
            foreach (var (kind, offset, content) in segment.Scan())
            {
                if (kind == SegmentRecordKind.Forget)
                {
                    _index.Remove(KeyOf(Encoding.UTF8.GetString(content)));
                }
                else if (AnswerRecord.Read(content) is { } record)
                {
                    var places = record.Answers.SelectMany(a => a.Runs).Select(r => r.Place.Segment).Append(segment.Number);
                    _index[KeyOf(record.Url)] = new(new(segment.Number, offset), places.Min());
                }
            }

            _bytes += segment.Length;
        }

        while (Bytes > _quotaBytes && _segments.Count > 0)
        {
            DeleteOldest(_segments.Count - 1);
        }

        // Runs may have lain in segments that are gone.
        foreach (var key in _index.Where(e => !_segments.ContainsKey(e.Value.Oldest)).Select(e => e.Key).ToList())
        {
            _index.Remove(key);
        }
    }

    private int ReadUnproven()
    {
        var (clean, unproven) = (Path.Combine(_folder, CleanMark), Path.Combine(_folder, UnprovenMark));
        if (!File.Exists(clean))
        {
            File.WriteAllText(unproven, (_nextNumber - 1).ToString(CultureInfo.InvariantCulture));
            return _nextNumber - 1;
        }

        File.Delete(clean);
        return !File.Exists(unproven) ? -1
            : int.TryParse(File.ReadAllText(unproven), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number
            : _nextNumber - 1;
    }

    private static UInt128 KeyOf(string url)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(url), digest);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(digest);
    }

    [LoggerMessage(EventId = 40, Level = LogLevel.Warning, Message = "Small answers are kept in memory alone from now on: the disk does not take them")]
    private static partial void LogBroken(ILogger logger, Exception exception);

    [LoggerMessage(EventId = 41, Level = LogLevel.Warning, Message = "A stored answer could not be read and is asked again")]
    private static partial void LogUnreadable(ILogger logger, Exception exception);
}
