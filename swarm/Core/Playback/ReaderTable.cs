namespace Swarm.Core;

/// <summary>The open readers, in the order of their opening; ties between equals go to the elder.</summary>
internal sealed class ReaderTable
{
    private Reader[] _readers = new Reader[4];
    private int _count;
    private long _lastRate;
    private int _lastFile = -1;

    public int Count => _count;

    public ref Reader this[int index] => ref _readers[index];

    public Span<Reader> All => _readers.AsSpan(0, _count);

    public int IndexOf(int id)
    {
        for (var i = 0; i < _count; i++)
        {
            if (_readers[i].Id == id)
            {
                return i;
            }
        }

        return -1;
    }

    public void Add(in Reader reader)
    {
        if (_count == _readers.Length)
        {
            Array.Resize(ref _readers, 2 * _count);
        }

        _readers[_count++] = reader;
    }

    public void RemoveAt(int index)
    {
        ref readonly var gone = ref _readers[index];
        if (gone.BytesPerSecond > 0)
        {
            _lastRate = gone.BytesPerSecond;
            _lastFile = gone.File;
        }

        Array.Copy(_readers, index + 1, _readers, index, _count - index - 1);
        _readers[--_count] = default;
    }

    /// <summary>The consumption rate last measured on the file (a seek is a new reader of the same client), or 0.</summary>
    public long KnownRate(int file)
    {
        foreach (ref readonly var reader in All)
        {
            if (reader.File == file && reader.BytesPerSecond > 0)
            {
                return reader.BytesPerSecond;
            }
        }

        return _lastFile == file ? _lastRate : 0;
    }

    public void Exchange(ref StateCodec codec)
    {
        codec.Value(ref _count);
        codec.Array(ref _readers, _count);
        codec.Value(ref _lastRate);
        codec.Value(ref _lastFile);
    }
}
