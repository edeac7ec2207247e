using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Cache;

/// <summary>
/// An origin's body on its way to the client that is kept on the side. Whether it came whole is told once: with the bytes when the announced
/// length is here, or the framing ended cleanly; with null when it broke, grew too large or was given up.
/// </summary>
internal sealed class KeepingBody(Stream inner, long? length, int maxBytes, Action<byte[]?> ended) : BodyStream
{
    private const int FirstBytes = 16 << 10;

    private byte[]? _kept;
    private int _count;
    private int _told;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (buffer.IsEmpty || Volatile.Read(ref _told) != 0)
        {
            return count;
        }

        if (count == 0)
        {
            Tell(length is null || _count == length ? Taken() : null);
        }
        else if (_count + count > (length ?? maxBytes))
        {
            Tell(null);
        }
        else
        {
            Append(buffer.Span[..count]);
            if (_count == length)
            {
                Tell(Taken()); // before the client has the last byte: its next request finds it
            }
        }

        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Tell(null);
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (_kept is null)
        {
            _kept = new byte[length ?? Math.Min(maxBytes, FirstBytes)];
        }

        if (_kept.Length < _count + bytes.Length)
        {
            Array.Resize(ref _kept, Math.Min(maxBytes, Math.Max(2 * _kept.Length, _count + bytes.Length)));
        }

        bytes.CopyTo(_kept.AsSpan(_count));
        _count += bytes.Length;
    }

    private byte[] Taken() => _kept is null ? [] : _kept.Length == _count ? _kept : _kept[.._count];

    private void Tell(byte[]? bytes)
    {
        if (Interlocked.Exchange(ref _told, 1) == 0)
        {
            ended(bytes);
            _kept = null;
        }
    }
}
