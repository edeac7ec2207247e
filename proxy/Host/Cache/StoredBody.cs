using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Cache;

/// <summary>Bytes of a stored answer as a body.</summary>
internal sealed class StoredBody(ReadOnlyMemory<byte> bytes) : BodyStream
{
    /// <summary>Nothing is to be closed.</summary>
    public static readonly IDisposable NoConnection = Stream.Null;

    private int _at;

    public override long Length => bytes.Length;

    public override long Position
    {
        get => _at;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        var count = Math.Min(buffer.Length, bytes.Length - _at);
        bytes.Span.Slice(_at, count).CopyTo(buffer);
        _at += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));
}
