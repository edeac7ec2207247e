using System.Buffers;
using System.Globalization;
using Swarm.Core;
using Swarm.Http;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Pump;

/// <summary>
/// A passed-through body that survives its connection: where the origin breaks off, the rest is asked for as a range of the same
/// version, and the last 64 KiB delivered are read again and compared. Whatever does not agree to the byte breaks the body.
/// </summary>
/// <remarks>One reader. Only for answers that a strong validator and a total length pin; see <see cref="Of"/>.</remarks>
internal sealed class ResumingBody : BodyStream
{
    /// <summary>As the engine compares on a resume: two answers under one validator can be told apart by nothing else.</summary>
    public const int OverlapBytes = 64 * 1024;

    private const int FailuresMax = 5;

    private readonly IOriginConnection _origin;
    private readonly OriginRequest _request;
    private readonly ResourceVersion _version;
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly long _end;
    private byte[] _last;
    private OriginAnswer _answer;
    private long _at;
    private long _progressAt;
    private int _failures;

    private ResumingBody(IOriginConnection origin, OriginRequest request, OriginAnswer answer, ResourceVersion version, ByteRange part, TimeProvider time)
    {
        (_origin, _request, _answer, _version, _time) = (origin, request, answer, version, time);
        (_start, _at, _progressAt, _end) = (part.Offset, part.Offset, part.Offset, part.End);
        // Of a small body all of it is the last of it: the ring never turns.
        _last = ArrayPool<byte>.Shared.Rent((int)Math.Min(OverlapBytes, Math.Max(part.Length, answer.ContentLength ?? OverlapBytes)));
    }

    /// <summary>Answers of the origin joined in this body.</summary>
    public int Resumes { get; private set; }

    /// <summary>The answer's body, resumable where its version can be named; otherwise as it is. The caller still owns the answer.</summary>
    public static Stream Of(IOriginConnection origin, OriginRequest request, OriginAnswer answer, TimeProvider time)
    {
        // What comes from memory does not break off.
        if (request.Method != "GET" || answer.Cache is { Hit: true } || Pinned(request, answer, time.GetUtcNow()) is not { } pinned)
        {
            return answer.Body;
        }

        return new ResumingBody(origin, request, answer, pinned.Version, pinned.Part, time);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            try
            {
                var count = await _answer.Body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
                if (count == 0 && !buffer.IsEmpty && _at < _end)
                {
                    throw new IOException($"The origin ended {_end - _at} bytes early.");
                }

                Remember(buffer.Span[..count]);
                return count;
            }
            catch (Exception e) when (e is IOException or HttpRequestException && !cancellationToken.IsCancellationRequested)
            {
                if (_at == _end || !await ResumeAsync(cancellationToken).ConfigureAwait(false))
                {
                    throw;
                }
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && _last.Length > 0)
        {
            _answer.Dispose();
            ArrayPool<byte>.Shared.Return(_last);
            _last = [];
        }

        base.Dispose(disposing);
    }

    /// <summary>The version and the part of it that this answer brings; null where another answer could not be known to be of the same.</summary>
    private static (ResourceVersion Version, ByteRange Part)? Pinned(OriginRequest request, OriginAnswer answer, DateTimeOffset now)
    {
        var fields = answer.Fields;
        if (answer.ContentLength is not { } length || length == 0 || StrongValidatorRule.Of(fields, now) is not { } validator
            || fields.Combined("Accept-Ranges")?.Equals("none", StringComparison.OrdinalIgnoreCase) == true)
        {
            return null;
        }

        var coding = fields.Combined("Content-Encoding") is { Length: > 0 } named ? named : "identity";
        ByteRange part;
        long total;
        switch (answer.Status)
        {
            case 200:
                (part, total) = (new(0, length), length);
                break;
            case 206 when PartialContent.Read(fields) is { } brought:
                (part, total) = brought;
                break;
            default:
                return null;
        }

        return (new(request.Target.Url, coding, validator, total, null, Authority.None, false), part);
    }

    private async ValueTask<bool> ResumeAsync(CancellationToken cancellationToken)
    {
        // Only so much is progress: an origin that dies at once each time is a broken one.
        _failures = _at - _progressAt >= OverlapBytes ? 1 : _failures + 1;
        _progressAt = _at;
        for (; _failures <= FailuresMax; _failures++)
        {
            // At once the first time: most broken streams are a dropped connection. Then 0.25, 0.5, 1, 2 s.
            if (_failures > 1)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(250 << (_failures - 2)), _time, cancellationToken).ConfigureAwait(false);
            }

            _answer.Abort();
            var result = await _origin.SendAsync(RestRequest(), cancellationToken).ConfigureAwait(false);
            if (result.Error is { } error)
            {
                if (error.Retry == OriginRetry.Never)
                {
                    return false;
                }

                continue;
            }

            _answer = result.Answer!;
            if (_answer.Status >= 500)
            {
                continue;
            }

            try
            {
                if (!IsTheRest(_answer) || !await OverlapAgreesAsync(cancellationToken).ConfigureAwait(false))
                {
                    _answer.Abort();
                    return false;
                }
            }
            catch (Exception e) when (e is IOException or HttpRequestException && !cancellationToken.IsCancellationRequested)
            {
                continue;
            }

            Resumes++;
            return true;
        }

        return false;
    }

    private int Overlap => (int)Math.Min(OverlapBytes, _at - _start);

    /// <summary>The same request for the rest and the overlap. Without If-Range: some servers answer 200 to it, and the answer is compared in any case.</summary>
    private OriginRequest RestRequest()
    {
        var fields = _request.Fields.Where(static f => !RangeFields.Are(f.Name));
        fields.Add("Range", string.Create(CultureInfo.InvariantCulture, $"bytes={_at - Overlap}-{_end - 1}"));
        return _request with { Fields = fields, Interim = null };
    }

    private bool IsTheRest(OriginAnswer answer) =>
        answer.Status == 206 && !MultipartByteRanges.IsTypeOf(answer.Fields)
        && ContentRange.Parse(answer.Fields.Combined("Content-Range")) is { Range: { } range } sent
        && range.Offset == _at - Overlap && range.End == _end
        && (answer.ContentLength is null || answer.ContentLength == range.Length)
        && VersionMatch.Compare(_version, answer.Fields, sent.Total) == VersionDifference.None;

    private async ValueTask<bool> OverlapAgreesAsync(CancellationToken cancellationToken)
    {
        var overlap = Overlap;
        var again = ArrayPool<byte>.Shared.Rent(Math.Max(1, overlap));
        try
        {
            await _answer.Body.ReadExactlyAsync(again.AsMemory(0, overlap), cancellationToken).ConfigureAwait(false);
            var from = (int)((_at - _start - overlap) % OverlapBytes);
            var first = Math.Min(overlap, OverlapBytes - from);
            return again.AsSpan(0, first).SequenceEqual(_last.AsSpan(from, first)) && again.AsSpan(first, overlap - first).SequenceEqual(_last.AsSpan(0, overlap - first));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(again);
        }
    }

    /// <summary>Keeps the last 64 KiB in a ring by position.</summary>
    private void Remember(ReadOnlySpan<byte> bytes)
    {
        _at += bytes.Length;
        if (bytes.Length > OverlapBytes)
        {
            bytes = bytes[^OverlapBytes..];
        }

        var to = (int)((_at - _start - bytes.Length) % OverlapBytes);
        var first = Math.Min(bytes.Length, OverlapBytes - to);
        bytes[..first].CopyTo(_last.AsSpan(to));
        bytes[first..].CopyTo(_last);
    }
}
