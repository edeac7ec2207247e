using Swarm.Engine;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Swarmed;

/// <summary>A <see cref="ResourceReader"/> as a stream, so that one pump serves every body. It breaks with an <see cref="IOException"/> where the response must be reset.</summary>
internal sealed class ReaderStream(ResourceReader reader) : BodyStream
{
    public override long Length => reader.Range.Length;

    public override long Position
    {
        get => reader.Position - reader.Range.Offset;
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        reader.ReadAsync(buffer, cancellationToken);
}
