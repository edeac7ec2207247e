using System.Globalization;
using System.Text;
using Swarm.Http;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Pump;

/// <summary>
/// A body in chunks with trailers behind the last one (RFC 9112 §7.1), for an answer whose chunks this program writes itself: the server
/// knows no trailers in HTTP/1.1. A source that breaks leaves the last chunk out.
/// </summary>
/// <param name="trailers">Asked once the source has ended; null for none.</param>
internal sealed class ChunkedBody(Stream source, Func<HttpFields?> trailers) : BodyStream
{
    private const int SizeDigits = 8;

    /// <summary>Size line before the bytes, CRLF behind them.</summary>
    private const int FramingBytes = SizeDigits + 2 + 2;

    private ReadOnlyMemory<byte> _end;
    private bool _ended;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_ended)
        {
            var count = Math.Min(buffer.Length, _end.Length);
            _end[..count].CopyTo(buffer);
            _end = _end[count..];
            return count;
        }

        if (buffer.Length <= FramingBytes)
        {
            return buffer.IsEmpty ? await source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)
                : throw new ArgumentException("There is no room for a chunk.", nameof(buffer));
        }

        var read = await source.ReadAsync(buffer[(SizeDigits + 2)..^2], cancellationToken).ConfigureAwait(false);
        if (read == 0)
        {
            _end = Encoding.Latin1.GetBytes(End());
            _ended = true;
            return await ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }

        // Leading zeros are in the grammar (1*HEXDIG), and every size takes the same room.
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{read:X8}\r\n"), buffer.Span);
        "\r\n"u8.CopyTo(buffer.Span[(SizeDigits + 2 + read)..]);
        return read + FramingBytes;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            source.Dispose();
        }

        base.Dispose(disposing);
    }

    private string End()
    {
        var end = new StringBuilder("0\r\n");
        foreach (var (name, value) in TrailerFields.Relayed(trailers() ?? []))
        {
            end.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        return end.Append("\r\n").ToString();
    }
}
