using System.Diagnostics;
using System.Threading.Channels;

namespace Swarm.Lab.Harness;

/// <summary>A queue that hands out what was put in one delay later, in order. Bounded, so that a full line pushes back.</summary>
public sealed class DelayLine(TimeSpan delay)
{
    private const int Capacity = 256;

    private readonly Channel<(long Due, byte[] Bytes)> _queue = Channel.CreateBounded<(long, byte[])>(
        // Without a delay the line must hold nothing: what is in it has left the server and not reached the client.
        delay > TimeSpan.Zero ? Capacity : 1);

    /// <exception cref="ChannelClosedException">The line is complete: nobody takes any more.</exception>
    public ValueTask PutAsync(byte[] bytes, CancellationToken stop) =>
        _queue.Writer.WriteAsync((Stopwatch.GetTimestamp() + (long)(delay.TotalSeconds * Stopwatch.Frequency), bytes), stop);

    public void Complete() => _queue.Writer.TryComplete();

    /// <summary>The next bytes, or null at the end.</summary>
    public async ValueTask<byte[]?> TakeAsync(CancellationToken stop)
    {
        while (await _queue.Reader.WaitToReadAsync(stop))
        {
            if (_queue.Reader.TryRead(out var item))
            {
                var wait = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), item.Due);
                if (wait > TimeSpan.Zero)
                {
                    await Task.Delay(wait, stop);
                }

                return item.Bytes;
            }
        }

        return null;
    }
}
