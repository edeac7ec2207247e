using Swarm.Engine;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Swarmed;

/// <summary>The body of an origin's answer as the engine reads it: bytes <paramref name="start"/> to <paramref name="end"/> of the representation.</summary>
internal sealed class AnswerBody(OriginAnswer answer, long start, long end) : IOriginBody
{
    private int _ended;

    public long Start => start;

    public long End => end;

    public async ValueTask<int> ReadAsync(Memory<byte> into, CancellationToken cancel)
    {
        try
        {
            return await answer.Body.ReadAsync(into, cancel);
        }
        catch (Exception e) when (e is ObjectDisposedException or HttpRequestException)
        {
            throw new IOException(e.Message, e);
        }
    }

    public void Abort()
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
        {
            answer.Abort();
        }
    }
}
