using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp;

/// <summary>The samples of one sweep, in an array that is kept: after it has grown to the number of sockets, a sweep allocates nothing.</summary>
public sealed class SampleBuffer
{
    private SocketSample[] _samples = new SocketSample[256];

    public int Count { get; private set; }

    public ReadOnlySpan<SocketSample> Samples => _samples.AsSpan(0, Count);

    public void Clear() => Count = 0;

    public void Add(in SocketSample sample)
    {
        if (Count == _samples.Length)
        {
            Array.Resize(ref _samples, Count * 2);
        }

        _samples[Count++] = sample;
    }
}
