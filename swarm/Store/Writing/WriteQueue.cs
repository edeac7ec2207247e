namespace Swarm.Store;

/// <summary>
/// What waits for the writer: blocks up to a limit of bytes, contents whose rows are out of date, and people who wait
/// for a flush. Adding never waits for the disk.
/// </summary>
/// <remarks>Any thread adds; the writer alone takes. The lock is held for a few instructions and nothing is called under it.</remarks>
internal sealed class WriteQueue : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Queue<WriteRequest> _requests = new();
    private readonly List<(long Sequence, TaskCompletionSource<bool> Done)> _waiters = [];
    private readonly List<TaskCompletionSource<bool>> _served = [];
    private readonly AutoResetEvent _wake = new(false);
    private readonly ITimer _timer;
    private readonly StoreOptions _options;
    private List<StoredContent> _dirty = [];
    private List<StoredContent> _dirtySpare = [];
    private long _bytes;
    private long _enqueued;
    private long _processed;
    private bool _timerArmed;
    private bool _flushDue;
    private bool _stopping;
    private bool _abandoned;
    private bool _disposed;

    public WriteQueue(StoreOptions options)
    {
        _options = options;
        _timer = options.TimeProvider.CreateTimer(_ => OnTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public bool IsStopping => Volatile.Read(ref _stopping);

    /// <summary>The process is to be thought dead: the writer stops where it stands.</summary>
    public bool IsAbandoned => Volatile.Read(ref _abandoned);

    public bool TryAdd(in WriteRequest request)
    {
        lock (_gate)
        {
            if (_stopping || _bytes + request.Bytes.Length > _options.QueueBytes)
            {
                return false;
            }

            _bytes += request.Bytes.Length;
            _enqueued++;
            _requests.Enqueue(request);
            Set();
            return true;
        }
    }

    /// <summary>Takes up to a batch; their bytes still count until <see cref="Processed"/>.</summary>
    public int Take(Span<WriteRequest> to)
    {
        lock (_gate)
        {
            var n = 0;
            while (n < to.Length && _requests.TryDequeue(out var request))
            {
                to[n++] = request;
            }

            return n;
        }
    }

    public void Processed(int bytes)
    {
        lock (_gate)
        {
            _bytes -= bytes;
            _processed++;
        }
    }

    /// <summary>Has the content's rows written with the next flush, at the latest <see cref="StoreOptions.SyncAfter"/> from now.</summary>
    public void AddDirty(StoredContent content)
    {
        lock (_gate)
        {
            if (!content.IsListedDirty)
            {
                content.IsListedDirty = true;
                _dirty.Add(content);
            }
        }

        ArmFlush(_options.SyncAfter);
    }

    /// <summary>The contents with rows to write. Valid until the next call.</summary>
    public List<StoredContent> TakeDirty()
    {
        lock (_gate)
        {
            var taken = _dirty;
            _dirty = _dirtySpare;
            _dirtySpare = taken;
            _dirty.Clear();
            foreach (var content in taken)
            {
                content.IsListedDirty = false;
            }

            return taken;
        }
    }

    /// <summary>A flush is due after <paramref name="delay"/>, or earlier if one is armed already.</summary>
    public void ArmFlush(TimeSpan delay)
    {
        lock (_gate)
        {
            if (!_timerArmed && !_stopping)
            {
                _timerArmed = true;
                _timer.Change(delay, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>Completes when everything added before is on the disk and in the index (true), or failed (false).</summary>
    public Task<bool> FlushAsync()
    {
        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_stopping)
            {
                return Task.FromResult(false);
            }

            _waiters.Add((_enqueued, done));
            _flushDue = true;
            Set();
            return done.Task;
        }
    }

    public bool TakeFlushDue()
    {
        lock (_gate)
        {
            var due = _flushDue;
            _flushDue = false;
            return due;
        }
    }

    /// <summary>A flush begins: it will answer those whose blocks have all been processed by now.</summary>
    public void BeginFlush()
    {
        lock (_gate)
        {
            _waiters.RemoveAll(w =>
            {
                var ready = w.Sequence <= _processed;
                if (ready)
                {
                    _served.Add(w.Done);
                }

                return ready;
            });
            _flushDue |= _waiters.Count > 0;
        }
    }

    public void CompleteFlush(bool durable)
    {
        lock (_gate)
        {
            foreach (var done in _served)
            {
                done.SetResult(durable);
            }

            _served.Clear();
        }
    }

    public void Wake()
    {
        lock (_gate)
        {
            Set();
        }
    }

    public void Wait() => _wake.WaitOne();

    public void Stop(bool abandon)
    {
        lock (_gate)
        {
            _stopping = true;
            _abandoned |= abandon;
            Set();
        }
    }

    /// <summary>After the writer ended: answers whoever still waits.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var (_, done) in _waiters)
            {
                done.SetResult(false);
            }

            _waiters.Clear();
            _disposed = true;
            _timer.Dispose();
            _wake.Dispose();
        }
    }

    private void OnTimer()
    {
        lock (_gate)
        {
            _timerArmed = false;
            _flushDue = true;
            Set();
        }
    }

    private void Set()
    {
        if (!_disposed)
        {
            _wake.Set();
        }
    }
}
