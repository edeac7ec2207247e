namespace Swarm.Store;

/// <summary>
/// What waits for the writer: blocks up to a limit of bytes, contents whose rows are out of date, and people who wait
/// for a flush. Adding never waits for the disk.
/// </summary>
/// <remarks>Any thread adds; the writer alone takes. The lock is held for a few instructions and nothing is called under it.</remarks>
internal sealed class WriteQueue : IDisposable
{
    // 1 MiB: often enough that even a disk of 1 MB/s is seen to move, seldom enough to cost nothing.
    private const int RoomBytes = 1 << 20;

    private readonly Lock _gate = new();
    private readonly Queue<WriteRequest> _requests = new();
    private readonly DirtyContents _dirty = new();
    private readonly FlushWaiters _waiters = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly ITimer _timer;
    private readonly StoreOptions _options;
    private long _bytes;
    private long _enqueued;
    private long _processed;
    private bool _wanted;
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

    public StoreAnswer Add(in WriteRequest request)
    {
        lock (_gate)
        {
            if (_stopping)
            {
                return StoreAnswer.No;
            }

            if (_bytes + request.Bytes.Length > _options.QueueBytes)
            {
                _wanted = true;
                return StoreAnswer.Later;
            }

            _bytes += request.Bytes.Length;
            _enqueued++;
            _requests.Enqueue(request);
            Set();
            return StoreAnswer.Taken;
        }
    }

    /// <summary>Somebody was told to come again for a reason other than this queue's length.</summary>
    public void NoteWanted()
    {
        lock (_gate)
        {
            _wanted = true;
        }
    }

    /// <summary>True once after somebody was told to come again, as soon as there is room worth coming for. The writer's.</summary>
    public bool TakeRoom()
    {
        lock (_gate)
        {
            if (!_wanted || _bytes > _options.QueueBytes - Math.Min(RoomBytes, _options.QueueBytes / 2))
            {
                return false;
            }

            _wanted = false;
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
            _dirty.Add(content);
        }

        ArmFlush(_options.SyncAfter);
    }

    /// <summary>The contents with rows to write. Valid until the next call.</summary>
    public List<StoredContent> TakeDirty()
    {
        lock (_gate)
        {
            return _dirty.Take();
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
        lock (_gate)
        {
            if (_stopping)
            {
                return Task.FromResult(false);
            }

            _flushDue = true;
            Set();
            return _waiters.Add(_enqueued);
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
            _flushDue |= _waiters.Begin(_processed);
        }
    }

    public void CompleteFlush(bool durable)
    {
        lock (_gate)
        {
            _waiters.Complete(durable);
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
            _waiters.GiveUp();
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
