namespace Swarm.Proxy.Tests.Swarmed;

/// <summary>Holds tasks until it is opened, and tells that one waits.</summary>
internal sealed class Gate
{
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when someone waits for the first time.</summary>
    public Task Reached => _reached.Task.WaitAsync(TimeSpan.FromSeconds(60));

    public void Open() => _open.TrySetResult();

    public Task PassAsync(CancellationToken cancel)
    {
        _reached.TrySetResult();
        return _open.Task.WaitAsync(cancel);
    }
}
