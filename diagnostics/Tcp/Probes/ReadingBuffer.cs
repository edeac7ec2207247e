namespace Swarm.Diagnostics.Tcp;

/// <summary>Values of one reading, in an array that is kept.</summary>
public sealed class ReadingBuffer<T>
    where T : struct
{
    private T[] _items = new T[16];

    public int Count { get; private set; }

    public ReadOnlySpan<T> Items => _items.AsSpan(0, Count);

    public void Clear() => Count = 0;

    public void Add(in T item)
    {
        if (Count == _items.Length)
        {
            Array.Resize(ref _items, Count * 2);
        }

        _items[Count++] = item;
    }
}
