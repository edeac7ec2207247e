namespace Swarm.Engine;

/// <summary>
/// Who must know when blocks of a swarm come, go, or change in who vouches for them. It is told where to look again, not
/// what is there now.
/// </summary>
internal interface IBlockWatcher
{
    /// <summary>Called under a content's lock: notes it and returns.</summary>
    /// <param name="first">In the swarm's block space.</param>
    void Changed(int first, int count);
}
