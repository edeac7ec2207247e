namespace Swarm.Engine;

/// <summary>
/// Readers before uploads: while a client's read is at the disk, or a client waits at its playhead for what this machine
/// is busy with, an upload lets it go first, though not for ever. Thread-safe.
/// </summary>
internal sealed class ReadPriority(TimeProvider time) : IDisposable
{
    /// <summary>A disk read takes 10 ms on a turning disk; two of them are given way to.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromMilliseconds(20);

    private readonly SemaphoreSlim _one = new(1);
    private readonly AsyncSignal _free = new();
    private int _reading;
    private volatile bool _uploadWaits;

    /// <summary>Clients' reads under way.</summary>
    public int Reading => Volatile.Read(ref _reading);

    public void Enter() => Interlocked.Increment(ref _reading);

    public void Exit()
    {
        if (Interlocked.Decrement(ref _reading) == 0 && _uploadWaits)
        {
            _free.Set();
        }
    }

    /// <summary>Returns when no client reads, or after 20 ms; who else waits then waits for its own turn.</summary>
    public ValueTask GiveWayAsync(CancellationToken cancel) => Reading == 0 ? ValueTask.CompletedTask : WaitAsync(cancel);

    public void Dispose() => _one.Dispose();

    private async ValueTask WaitAsync(CancellationToken cancel)
    {
        await _one.WaitAsync(cancel);
        using var patience = new CancellationTokenSource(MaxWait, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, patience.Token);
        try
        {
            while (true)
            {
                _uploadWaits = true;
                if (Reading == 0)
                {
                    return;
                }

                await _free.WaitAsync(both.Token);
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // It has waited enough.
        }
        finally
        {
            _uploadWaits = false;
            _one.Release();
        }
    }
}
