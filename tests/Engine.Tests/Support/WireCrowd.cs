namespace Swarm.Engine.Tests;

/// <summary>
/// Seeds that let a node ask at one moment, and give nothing before all of them have said so: on a slow machine the first few would else have given
/// everything before the last said a word.
/// </summary>
internal sealed class WireCrowd(int count)
{
    private readonly TaskCompletionSource _allAsked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _allUnchoked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HashSet<WireSeed> _asked = [];
    private readonly HashSet<WireSeed> _unchoked = [];
    private readonly Lock _gate = new();

    /// <summary>Every seed has let the node ask.</summary>
    public Task AllUnchoked => _allUnchoked.Task;

    /// <summary>The node is interested in this seed; over when it is in all.</summary>
    public Task AskAsync(WireSeed seed)
    {
        Add(seed, _asked, _allAsked);
        return _allAsked.Task;
    }

    public void Unchoked(WireSeed seed) => Add(seed, _unchoked, _allUnchoked);

    private void Add(WireSeed seed, HashSet<WireSeed> to, TaskCompletionSource all)
    {
        lock (_gate)
        {
            to.Add(seed);
            if (to.Count == count)
            {
                all.TrySetResult();
            }
        }
    }
}
