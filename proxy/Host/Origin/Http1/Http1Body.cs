using System.Runtime.CompilerServices;
using Swarm.Http;

namespace Swarm.Proxy.Origin;

/// <summary>
/// The content of one HTTP/1.1 answer as its reader takes it. Ends only where the framing says so; everything else throws
/// <see cref="IOException"/>. With its last byte the connection goes back to the pool; disposed before that, it is closed.
/// </summary>
/// <remarks>One reader. <see cref="Stream.Dispose()"/> may come from another thread while a read waits.</remarks>
internal sealed class Http1Body : BodyStream
{
    private readonly Http1Connection _connection;
    private readonly OriginPool _pool;
    private readonly BodyFraming _framing;
    private readonly bool _reusable;
    private readonly ChunkedDecoder? _chunks;
    private long _left;
    private bool _pipeIsDry;
    private bool _ended;
    private int _released;

    /// <param name="reusable">False where the connection must not serve another request whatever the framing says.</param>
    public Http1Body(Http1Connection connection, OriginPool pool, BodyFraming framing, bool reusable)
    {
        (_connection, _pool, _framing, _reusable) = (connection, pool, framing, reusable);
        _left = framing.Length;
        _chunks = framing.Kind == BodyKind.Chunked ? new ChunkedDecoder() : null;
        if (framing.Kind == BodyKind.None || (framing.Kind == BodyKind.Length && _left == 0))
        {
            End();
        }
    }

    /// <summary>Trailer fields, once the end was read; null where there were none.</summary>
    public HttpFields? Trailers => _chunks?.Trailers;

    /// <summary>An empty buffer waits until a byte or the end is there, and takes nothing.</summary>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_ended)
        {
            return new(0);
        }

        if (Volatile.Read(ref _released) != 0)
        {
            return ValueTask.FromException<int>(new IOException("The exchange was aborted."));
        }

        return buffer.IsEmpty ? WaitAsync(cancellationToken)
            : _chunks is null ? ReadPlainAsync(buffer, cancellationToken)
            : ReadChunksAsync(buffer, cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _released, 1) == 0)
        {
            _connection.Close();
        }

        base.Dispose(disposing);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> WaitAsync(CancellationToken cancellationToken)
    {
        if (!PipeHolds())
        {
            await _connection.Stream.ReadAsync(Memory<byte>.Empty, cancellationToken).ConfigureAwait(false);
        }

        return 0;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadPlainAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var isLength = _framing.Kind == BodyKind.Length;
        if (isLength && buffer.Length > _left)
        {
            buffer = buffer[..(int)_left];
        }

        var count = TakeFromPipe(buffer.Span);
        if (count == 0)
        {
            count = await _connection.Stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }

        if (isLength)
        {
            if (count == 0)
            {
                throw new IOException($"The origin ended {_left} bytes before the length it announced.");
            }

            _left -= count;
            if (_left == 0)
            {
                End();
            }
        }
        else if (count == 0)
        {
            if (_connection.EndedUnannounced)
            {
                throw new IOException("The origin's TLS connection was cut (RFC 9112 §9.8).");
            }

            End();
        }

        return count;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadChunksAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var written = 0;
        while (true)
        {
            // Framing goes through the pipe; the inside of a large chunk need not.
            if (!_connection.Input.TryRead(out var read))
            {
                if (written > 0)
                {
                    return written;
                }

                if (_chunks!.PlainBytes > 0)
                {
                    var plain = await _connection.Stream.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _chunks.PlainBytes)], cancellationToken).ConfigureAwait(false);
                    if (plain == 0)
                    {
                        throw Torn();
                    }

                    _chunks.Took(plain);
                    return plain;
                }

                read = await _connection.Input.ReadAsync(cancellationToken).ConfigureAwait(false);
            }

            var input = read.Buffer;
            if (input.IsEmpty && read.IsCompleted)
            {
                throw Torn();
            }

            var status = ChunkRead.NeedsInput;
            var used = 0L;
            foreach (var segment in input)
            {
                status = _chunks!.Decode(segment.Span, buffer.Span[written..], out var consumed, out var count);
                used += consumed;
                written += count;
                if (status != ChunkRead.NeedsInput)
                {
                    break;
                }
            }

            _connection.Input.AdvanceTo(input.GetPosition(used));
            switch (status)
            {
                case ChunkRead.End:
                    End();
                    return written;
                case ChunkRead.OutputFull:
                    return written;
                case ChunkRead.Faulty:
                    throw new IOException($"The origin {_chunks!.Fault!.What}.");
                default:
                    break;
            }
        }

        static IOException Torn() => new("The origin ended between chunks, before the last one.");
    }

    private int TakeFromPipe(Span<byte> to)
    {
        if (_pipeIsDry || !_connection.Input.TryRead(out var read))
        {
            _pipeIsDry = true; // plain content goes around the pipe from here on, so it stays dry
            return 0;
        }

        var count = (int)Math.Min(read.Buffer.Length, to.Length);
        var part = read.Buffer.Slice(0, count);
        System.Buffers.BuffersExtensions.CopyTo(part, to);
        _connection.Input.AdvanceTo(part.End);
        return count;
    }

    private bool PipeHolds()
    {
        if (_pipeIsDry || !_connection.Input.TryRead(out var read))
        {
            return false;
        }

        _connection.Input.AdvanceTo(read.Buffer.Start);
        return !read.Buffer.IsEmpty;
    }

    /// <summary>The content is whole. What is left in the pipe belongs to no request: then the connection is not used again.</summary>
    private void End()
    {
        _ended = true;
        if (Interlocked.Exchange(ref _released, 1) != 0)
        {
            return;
        }

        if (_reusable && _framing.Persistent && !PipeHolds())
        {
            _pool.Return(_connection);
        }
        else
        {
            _connection.Close();
        }
    }
}
