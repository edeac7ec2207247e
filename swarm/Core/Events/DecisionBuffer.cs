namespace Swarm.Core;

/// <summary>The reusable list that <c>Step</c> writes its decisions to. Grows once, then allocates nothing. Owned by one thread.</summary>
public sealed class DecisionBuffer
{
    private Decision[] _items = new Decision[64];

    public int Count { get; private set; }

    public ReadOnlySpan<Decision> Items => _items.AsSpan(0, Count);

    public void Add(in Decision decision)
    {
        if (Count == _items.Length)
        {
            Array.Resize(ref _items, 2 * _items.Length);
        }

        _items[Count++] = decision;
    }

    public void Clear() => Count = 0;
}
