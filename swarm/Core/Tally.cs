namespace Swarm.Core;

/// <summary>How many there are of each kind. A kind of which there are none takes no room.</summary>
public sealed class Tally<T>
    where T : notnull
{
    private readonly Dictionary<T, int> _counts = [];

    public int Of(T kind) => _counts.GetValueOrDefault(kind);

    public void Add(T kind) => _counts[kind] = Of(kind) + 1;

    /// <summary>One fewer of a kind of which there are some.</summary>
    public void Remove(T kind)
    {
        if (Of(kind) is > 1 and var count)
        {
            _counts[kind] = count - 1;
        }
        else
        {
            _counts.Remove(kind);
        }
    }
}
