namespace Swarm.Engine;

/// <summary>Two watchers of the same blocks.</summary>
internal sealed class BothWatchers(IBlockWatcher one, IBlockWatcher other) : IBlockWatcher
{
    public void Changed(int first, int count)
    {
        one.Changed(first, count);
        other.Changed(first, count);
    }
}
