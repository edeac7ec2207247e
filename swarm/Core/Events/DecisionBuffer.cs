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

    /// <summary>Lengthens the last decision by <paramref name="block"/> if that continues its run; the run keeps its first deadline.</summary>
    internal bool TryExtend(DecisionKind kind, int source, int block)
    {
        if (Count == 0)
        {
            return false;
        }

        ref var last = ref _items[Count - 1];
        if (last.Kind != kind || last.Source != source || last.First + last.Count != block)
        {
            return false;
        }

        last = last with { Count = last.Count + 1 };
        return true;
    }

    public void Clear() => Count = 0;
}
