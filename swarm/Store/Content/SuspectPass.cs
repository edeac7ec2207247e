namespace Swarm.Store;

/// <summary>
/// Re-hashes suspect blocks in the background, a small step at a time, so that a store that was not closed cleanly
/// becomes whole again without anybody noticing.
/// </summary>
/// <remarks>Steps run on the time provider's timer thread, one at a time.</remarks>
internal sealed class SuspectPass : IDisposable
{
    // 128 blocks (2 MiB) a 100 ms: about 2 ms of hashing, 20 MB/s of reading: little beside what viewers do to a disk.
    private const int BlocksPerStep = 128;
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly Lock _stepping = new();
    private readonly ContentOpening _opening;
    private readonly Queue<string> _keys = new();
    private readonly ITimer _timer;
    private StoredContent? _current;
    private int _next;
    private bool _running;
    private bool _disposed;

    public SuspectPass(ContentOpening opening, TimeProvider time)
    {
        _opening = opening;
        _timer = time.CreateTimer(_ => OnTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Add(string key)
    {
        lock (_gate)
        {
            _keys.Enqueue(key);
            if (!_running && !_disposed)
            {
                _running = true;
                _timer.Change(Step, Step);
            }
        }
    }

    /// <summary>Waits for the step under way.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _keys.Clear();
            _timer.Dispose();
        }

        lock (_stepping)
        {
            _current?.Dispose();
            _current = null;
        }
    }

    private void OnTimer()
    {
        if (!_stepping.TryEnter())
        {
            return;
        }

        try
        {
            for (var left = BlocksPerStep; left > 0 && Next(); left--)
            {
            }
        }
        finally
        {
            _stepping.Exit();
        }
    }

    /// <summary>Re-hashes one block; false when there is nothing left.</summary>
    private bool Next()
    {
        while (true)
        {
            if (_current is null && !TryBegin())
            {
                return false;
            }

            var block = _next < _current!.BlockCount ? _current.Live?.Blocks.NextSuspect(_next) ?? -1 : -1;
            if (block >= 0)
            {
                _next = block + 1;
                _current.Verify(block);
                return true;
            }

            _current.Dispose();
            _current = null;
        }
    }

    private bool TryBegin()
    {
        while (true)
        {
            string? key;
            lock (_gate)
            {
                if (_disposed)
                {
                    return false;
                }

                if (!_keys.TryDequeue(out key))
                {
                    _running = false;
                    _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                    return false;
                }
            }

            _current = _opening.Peek(key);
            _next = 0;
            if (_current is not null)
            {
                return true;
            }
        }
    }
}
