namespace Swarm.Core;

/// <summary>A block request on its way: when it was sent and when its block was predicted to be whole.</summary>
internal struct Outstanding
{
    public int Block;
    public int Bytes;
    public long SentAtMicros;
    public long ExpectedAtMicros;
}

/// <summary>What is outstanding at one source, in the order of asking: most sources serve first in, first out. A ring that grows once.</summary>
internal sealed class RequestQueue
{
    private Outstanding[] _ring = new Outstanding[16];
    private int _head;

    public int Count { get; private set; }

    public ref Outstanding this[int index] => ref _ring[(_head + index) & (_ring.Length - 1)];

    public void Add(in Outstanding request)
    {
        if (Count == _ring.Length)
        {
            var wider = new Outstanding[2 * _ring.Length];
            for (var i = 0; i < Count; i++)
            {
                wider[i] = this[i];
            }

            _ring = wider;
            _head = 0;
        }

        this[Count++] = request;
    }

    /// <summary>Place of the block in the queue, or -1. The head is the usual answer.</summary>
    public int IndexOf(int block)
    {
        for (var i = 0; i < Count; i++)
        {
            if (this[i].Block == block)
            {
                return i;
            }
        }

        return -1;
    }

    public void RemoveAt(int index)
    {
        for (var i = index; i > 0; i--)
        {
            this[i] = this[i - 1];
        }

        _head = (_head + 1) & (_ring.Length - 1);
        Count--;
    }

    public void Exchange(ref StateCodec codec)
    {
        var flat = new Outstanding[Count];
        for (var i = 0; i < Count; i++)
        {
            flat[i] = this[i];
        }

        codec.Array(ref flat, Count);
        if (codec.Reading)
        {
            Count = 0;
            _head = 0;
            foreach (ref readonly var request in flat.AsSpan())
            {
                Add(request);
            }
        }
    }
}
