namespace Swarm.Http;

/// <summary>Where a <see cref="ChunkedDecoder"/> stopped.</summary>
public enum ChunkRead : byte
{
    /// <summary>All input is used up.</summary>
    NeedsInput,

    /// <summary>The output is full.</summary>
    OutputFull,

    /// <summary>The last chunk and the trailer section were read.</summary>
    End,

    /// <summary>The framing is broken; see <see cref="ChunkedDecoder.Fault"/>.</summary>
    Faulty,
}

/// <summary>
/// The chunked transfer coding (RFC 9112 §7.1), read strictly: hexadecimal sizes that fit, CRLF and nothing else as line end,
/// extensions and trailers of bounded length. One chunk read another way by another hop is one response more or less.
/// </summary>
/// <remarks><code>chunk = 1*HEXDIG [ ; extension ] CRLF data CRLF    last = 1*"0" [ ; extension ] CRLF trailers CRLF</code></remarks>
public sealed class ChunkedDecoder
{
    /// <summary>Extensions mean nothing to anyone; longer ones are an attack on who must read past them (§7.1.1).</summary>
    public const int MaxExtensionBytes = 4 * 1024;

    public const int MaxTrailerBytes = 16 * 1024;

    private enum At : byte
    {
        Size,
        AfterSize,
        Extension,
        SizeLf,
        Data,
        DataCr,
        DataLf,
        TrailerStart,
        TrailerLine,
        TrailerLf,
        LastLf,
        End,
        Faulty,
    }

    private readonly List<byte> _trailer = [];
    private At _at = At.Size;
    private long _left;
    private int _digits;
    private int _extensionBytes;

    public FramingFault? Fault { get; private set; }

    /// <summary>The trailer fields once <see cref="ChunkRead.End"/> was returned; null before and where there were none.</summary>
    public HttpFields? Trailers { get; private set; }

    public bool HasEnded => _at == At.End;

    /// <summary>Content bytes that come next, unframed: a reader may take up to so many from the connection itself and report them to <see cref="Took"/>.</summary>
    public long PlainBytes => _at == At.Data ? _left : 0;

    public void Took(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, PlainBytes);
        _left -= bytes;
        if (_left == 0)
        {
            _at = At.DataCr;
        }
    }

    public ChunkRead Decode(ReadOnlySpan<byte> input, Span<byte> output, out int consumed, out int written)
    {
        (consumed, written) = (0, 0);
        while (true)
        {
            switch (_at)
            {
                case At.End:
                    return ChunkRead.End;
                case At.Faulty:
                    return ChunkRead.Faulty;
                case At.Data:
                    if (written == output.Length)
                    {
                        return ChunkRead.OutputFull;
                    }

                    var count = (int)Math.Min(Math.Min(input.Length - consumed, output.Length - written), _left);
                    if (count == 0)
                    {
                        return ChunkRead.NeedsInput;
                    }

                    input.Slice(consumed, count).CopyTo(output[written..]);
                    consumed += count;
                    written += count;
                    Took(count);
                    break;
                default:
                    if (consumed == input.Length)
                    {
                        return ChunkRead.NeedsInput;
                    }

                    Framing(input[consumed++]);
                    break;
            }
        }
    }

    private void Framing(byte b)
    {
        switch (_at)
        {
            case At.Size when Hex(b) is >= 0 and var digit:
                if (_left > (long.MaxValue - digit) / 16 || ++_digits > 32)
                {
                    Fail("sent a chunk size that does not fit");
                    return;
                }

                _left = (_left * 16) + digit;
                break;
            case At.Size when _digits == 0:
                Fail("sent a chunk without a size");
                break;
            case At.Size or At.AfterSize when b is (byte)' ' or (byte)'\t':
                _at = At.AfterSize; // BWS, and the padding of very old servers
                CountExtension();
                break;
            case At.Size or At.AfterSize when b == ';':
                _at = At.Extension;
                break;
            case At.Size or At.AfterSize or At.Extension when b == '\r':
                _at = At.SizeLf;
                break;
            case At.Extension when b is not ((byte)'\n' or 0):
                CountExtension();
                break;
            case At.SizeLf when b == '\n':
                _at = _left == 0 ? At.TrailerStart : At.Data;
                (_digits, _extensionBytes) = (0, 0);
                break;
            case At.DataCr when b == '\r':
                _at = At.DataLf;
                break;
            case At.DataLf when b == '\n':
                _at = At.Size;
                break;
            case At.TrailerStart when b == '\r':
                _at = At.LastLf;
                break;
            case At.TrailerStart or At.TrailerLine when b is not ((byte)'\n' or (byte)'\r'):
                _at = At.TrailerLine;
                AddTrailer(b);
                break;
            case At.TrailerLine when b == '\r':
                _at = At.TrailerLf;
                AddTrailer(b);
                break;
            case At.TrailerLf when b == '\n':
                _at = At.TrailerStart;
                AddTrailer(b);
                break;
            case At.LastLf when b == '\n':
                End();
                break;
            default:
                Fail("sent broken chunks");
                break;
        }
    }

    private void CountExtension()
    {
        if (++_extensionBytes > MaxExtensionBytes)
        {
            Fail($"sent a chunk extension longer than {MaxExtensionBytes >> 10} KiB");
        }
    }

    private void AddTrailer(byte b)
    {
        if (_trailer.Count == MaxTrailerBytes)
        {
            Fail($"sent trailers longer than {MaxTrailerBytes >> 10} KiB");
            return;
        }

        _trailer.Add(b);
    }

    private void End()
    {
        _at = At.End;
        if (_trailer.Count == 0)
        {
            return;
        }

        var trailers = new HttpFields();
        var exact = true;
        if (ResponseHeadReader.TryReadLines(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_trailer), trailers, ref exact) is { } fault)
        {
            _at = At.Faulty;
            Fault = fault;
            return;
        }

        Trailers = trailers;
    }

    private void Fail(string what)
    {
        _at = At.Faulty;
        Fault = FramingFault.Protocol(what);
    }

    private static int Hex(byte b) => b switch
    {
        >= (byte)'0' and <= (byte)'9' => b - '0',
        >= (byte)'a' and <= (byte)'f' => b - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => b - 'A' + 10,
        _ => -1,
    };
}
