using System.Security.Cryptography;
using Swarm.Core;
using Swarm.Http;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Pump;

/// <summary>Several parts of one representation as one body (RFC 9110 §14.6): the framing's own bytes, and each part from a stream that is opened when its turn comes.</summary>
/// <param name="open">A stream of exactly that part; closed here when it was read.</param>
internal sealed class MultipartBody(MultipartByteRanges framing, Func<ByteRange, Stream> open) : BodyStream
{
    private ReadOnlyMemory<byte> _text = framing.Head(0);
    private int _index;
    private long _left;
    private Stream? _part;

    public override long Length => framing.ContentLength;

    /// <summary>128 random bits: nobody who wrote the content could know them (RFC 2046 §5.1.1).</summary>
    public static string NewBoundary() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_text.IsEmpty && _part is null && _index < framing.Parts.Length)
        {
            _left = framing.Parts[_index].Length;
            _part = open(framing.Parts[_index]);
        }

        if (!_text.IsEmpty || _part is null)
        {
            var count = Math.Min(buffer.Length, _text.Length);
            _text[..count].CopyTo(buffer);
            _text = _text[count..];
            return count;
        }

        var read = await _part.ReadAsync(buffer.Length > _left ? buffer[..(int)_left] : buffer, cancellationToken).ConfigureAwait(false);
        if (read == 0 && !buffer.IsEmpty)
        {
            throw new IOException($"A part ended {_left} bytes early.");
        }

        _left -= read;
        if (_left == 0)
        {
            await _part.DisposeAsync().ConfigureAwait(false);
            _part = null;
            _text = ++_index < framing.Parts.Length ? framing.Head(_index) : framing.End;
        }

        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _part?.Dispose();
            _part = null;
        }

        base.Dispose(disposing);
    }
}
