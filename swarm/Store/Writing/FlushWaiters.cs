namespace Swarm.Store;

/// <summary>Who waits for a flush: each is answered by the first that begins when all blocks handed over before them have been processed.</summary>
/// <remarks>Under the write queue's lock. Answers continue on another thread.</remarks>
internal sealed class FlushWaiters
{
    private readonly List<(long Sequence, TaskCompletionSource<bool> Done)> _waiting = [];
    private readonly List<TaskCompletionSource<bool>> _served = [];

    /// <param name="sequence">Count of the blocks handed over so far.</param>
    public Task<bool> Add(long sequence)
    {
        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Add((sequence, done));
        return done.Task;
    }

    /// <summary>A flush begins.</summary>
    /// <param name="processed">Count of the blocks the writer is done with.</param>
    /// <returns>True if somebody has to wait for another flush.</returns>
    public bool Begin(long processed)
    {
        var left = 0;
        for (var i = 0; i < _waiting.Count; i++)
        {
            if (_waiting[i].Sequence <= processed)
            {
                _served.Add(_waiting[i].Done);
            }
            else
            {
                _waiting[left++] = _waiting[i];
            }
        }

        _waiting.RemoveRange(left, _waiting.Count - left);
        return left > 0;
    }

    /// <summary>The flush that began last ended.</summary>
    public void Complete(bool durable)
    {
        foreach (var done in _served)
        {
            done.SetResult(durable);
        }

        _served.Clear();
    }

    /// <summary>No flush comes any more.</summary>
    public void GiveUp()
    {
        foreach (var (_, done) in _waiting)
        {
            done.SetResult(false);
        }

        _waiting.Clear();
    }
}
