namespace Swarm.Store.Tests;

/// <summary>
/// A disk in memory that counts every call, fails the one it is told to, loses its power at the one it is told to, and
/// then forgets what was not synced, 4 KiB page by page as a seed decides.
/// </summary>
internal sealed class SimulatedDisk : IFileSystem
{
    private const int PageBytes = 4096;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Image> _files = [];
    private int _calls;
    private int _stamp;

    /// <summary>Calls so far, those of the index included.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>This call throws <see cref="Failure"/>.</summary>
    public int FailAt { get; set; }

    /// <summary>From this call on nothing works and nothing is remembered that was not synced.</summary>
    public int CutAt { get; set; } = int.MaxValue;

    /// <summary>What a failing call throws; EIO by default.</summary>
    public Func<Exception> Failure { get; set; } = static () => new IOException("Input/output error", 5);

    /// <summary>Which calls fail always, by name.</summary>
    public Func<string, bool> FailsAlways { get; set; } = static _ => false;

    /// <summary>The broken order: a sync that returns without having synced, so that rows are committed before their bytes are safe.</summary>
    public bool SyncLies { get; set; }

    /// <summary>Whether the file system can punch holes.</summary>
    public bool MakesHoles { get; init; } = true;

    /// <summary>Called around the next read, under no lock: what happens to the file meanwhile.</summary>
    public (Action Before, Action After)? AroundNextRead { get; set; }

    /// <summary>Every call that was made, in order.</summary>
    public List<string> Trace { get; } = [];

    public void Step(string call)
    {
        lock (_gate)
        {
            _calls++;
            if (_calls >= CutAt)
            {
                throw new IOException("the power is off", 5);
            }

            Trace.Add(call);
            if (_calls == FailAt || FailsAlways(call))
            {
                throw Failure();
            }
        }
    }

    /// <summary>The disk as the next boot finds it.</summary>
    public SimulatedDisk AfterPowerLoss(int seed)
    {
        var random = new Random(seed);
        var next = new SimulatedDisk();
        lock (_gate)
        {
            foreach (var (path, image) in _files.OrderBy(f => f.Key, StringComparer.Ordinal))
            {
                var survived = image.AfterPowerLoss(random);
                if (survived is not null)
                {
                    next._files[path] = survived;
                }
            }
        }

        return next;
    }

    /// <summary>Flips one byte of the only file, as rot would: without a new time of last write.</summary>
    public void Corrupt(long offset)
    {
        lock (_gate)
        {
            _files.Values.Single().Flip(offset);
        }
    }

    public IBlockFile Open(string path)
    {
        lock (_gate)
        {
            Step("open");
            if (!_files.TryGetValue(path, out var image))
            {
                image = new Image { Stamp = ++_stamp };
                _files.Add(path, image);
            }

            return new Handle(this, image);
        }
    }

    public bool Exists(string path)
    {
        lock (_gate)
        {
            return _files.ContainsKey(path);
        }
    }

    public void Delete(string path)
    {
        lock (_gate)
        {
            Step("delete");
            _files.Remove(path);
        }
    }

    public IReadOnlyList<string> List(string folder)
    {
        lock (_gate)
        {
            Step("list");
            return [.. _files.Keys.Select(k => Path.GetFileName(k))];
        }
    }

    public void CreateFolder(string folder) => Directory.CreateDirectory(folder);

    private sealed class Image
    {
        private readonly Dictionary<long, byte[]> _now = [];
        private readonly Dictionary<long, byte[]?> _synced = [];
        private bool _everSynced;
        private long _syncedLength;

        public long Length { get; set; }

        public int Stamp { get; set; }

        public void Write(ReadOnlySpan<byte> from, long offset)
        {
            while (!from.IsEmpty)
            {
                var page = offset / PageBytes;
                var at = (int)(offset % PageBytes);
                var n = Math.Min(from.Length, PageBytes - at);
                var old = _now.GetValueOrDefault(page);
                _synced.TryAdd(page, old);
                var copy = old is null ? new byte[PageBytes] : (byte[])old.Clone();
                from[..n].CopyTo(copy.AsSpan(at));
                _now[page] = copy;
                from = from[n..];
                offset += n;
            }

            Length = Math.Max(Length, offset);
        }

        public int Read(Span<byte> to, long offset)
        {
            var total = (int)Math.Clamp(Length - offset, 0, to.Length);
            for (var done = 0; done < total;)
            {
                var at = (int)((offset + done) % PageBytes);
                var n = Math.Min(total - done, PageBytes - at);
                if (_now.TryGetValue((offset + done) / PageBytes, out var bytes))
                {
                    bytes.AsSpan(at, n).CopyTo(to[done..]);
                }
                else
                {
                    to.Slice(done, n).Clear();
                }

                done += n;
            }

            return total;
        }

        public void Sync()
        {
            _synced.Clear();
            _everSynced = true;
            _syncedLength = Length;
        }

        public void Punch(long offset, long length)
        {
            for (var page = (offset + PageBytes - 1) / PageBytes; (page + 1) * PageBytes <= offset + length; page++)
            {
                if (_now.Remove(page, out var old))
                {
                    _synced.TryAdd(page, old);
                }
            }
        }

        public void Flip(long offset) => _now[offset / PageBytes][offset % PageBytes] ^= 0x40;

        public Image? AfterPowerLoss(Random random)
        {
            if (!_everSynced && random.Next(2) == 0)
            {
                return null;
            }

            var next = new Image { Stamp = Stamp, Length = random.Next(2) == 0 ? Length : _syncedLength, _everSynced = true };
            foreach (var (page, bytes) in _now)
            {
                var survivor = _synced.TryGetValue(page, out var before) && random.Next(2) == 0 ? before : bytes;
                if (survivor is not null)
                {
                    next._now[page] = survivor;
                }
            }

            // A hole that was not synced may be one after all, or not.
            foreach (var (page, before) in _synced.Where(p => p.Value is not null && !_now.ContainsKey(p.Key)))
            {
                if (random.Next(2) == 0)
                {
                    next._now[page] = before!;
                }
            }

            next._syncedLength = next.Length;
            return next;
        }
    }

    private sealed class Handle(SimulatedDisk disk, Image image) : IBlockFile
    {
        private bool _disposed;

        public long Length => Do("length", () => image.Length);

        public long Stamp => Do("stamp", () => (long)image.Stamp);

        public int Read(Span<byte> to, long offset)
        {
            var around = disk.AroundNextRead;
            disk.AroundNextRead = null;
            around?.Before();
            int read;
            lock (disk._gate)
            {
                Check("read");
                read = image.Read(to, offset);
            }

            around?.After();
            return read;
        }

        public void Write(ReadOnlySpan<byte> from, long offset)
        {
            lock (disk._gate)
            {
                Check("write");
                image.Stamp = ++disk._stamp;
                image.Write(from, offset);
            }
        }

        public void Sync() => Do("sync", () =>
        {
            if (!disk.SyncLies)
            {
                image.Sync();
            }

            return 0;
        });

        public bool TryPunch(long offset, long length) => Do("punch", () =>
        {
            if (!disk.MakesHoles)
            {
                return false;
            }

            image.Stamp = ++disk._stamp;
            image.Punch(offset, length);
            return true;
        });

        public void SetLength(long length) => Do("truncate", () =>
        {
            image.Stamp = ++disk._stamp;
            return image.Length = length;
        });

        public void Dispose()
        {
            lock (disk._gate)
            {
                _disposed = true;
            }
        }

        private T Do<T>(string call, Func<T> act)
        {
            lock (disk._gate)
            {
                Check(call);
                return act();
            }
        }

        private void Check(string call)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            disk.Step(call);
        }
    }
}
