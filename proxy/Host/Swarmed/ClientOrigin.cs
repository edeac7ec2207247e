using System.Globalization;
using Swarm.Core;
using Swarm.Engine;
using Swarm.Http;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Swarmed;

/// <summary>
/// One client request's way back to its origin: the same request with the same credentials, its Range replaced. Only an
/// answer that names the same version by validator and total length is let through (never splice two versions).
/// </summary>
internal sealed class ClientOrigin(SwarmEngine engine, IOriginConnection origin, OriginRequest request, ResourceHandle handle, string credentials) : IOriginAccess
{
    private readonly ResourceVersion _version = handle.Version;

    public async ValueTask<OriginFetch> FetchAsync(ByteRange range, CancellationToken cancel)
    {
        var fields = request.Fields.Where(f => !RangeFields.Are(f.Name));
        var last = range.End == _version.Length ? "" : (range.End - 1).ToString(CultureInfo.InvariantCulture);
        fields.Add("Range", string.Create(CultureInfo.InvariantCulture, $"bytes={range.Offset}-{last}"));
        var result = await origin.SendAsync(request with { Fields = fields, Interim = null }, cancel);
        if (!result.IsAnswer)
        {
            return Failure(result.Error);
        }

        var answer = result.Answer;
        var fetch = Judge(answer, range);
        if (fetch.Body is null)
        {
            answer.Abort();
        }

        if (fetch.Body is not null)
        {
            handle.Renew(credentials, engine.Now);
        }
        else if (fetch.Error is { Failure: FetchFailure.Denied or FetchFailure.Changed })
        {
            // The newest word of the origin counts, also where it came in the middle of a response.
            engine.Revoke(_version.Url, credentials);
        }
        else if (fetch.Error is { Failure: FetchFailure.Unusable })
        {
            // It answers, but not what a range asks: the next request is asked by itself, and its own answer serves it.
            handle.Revoke(credentials);
        }

        return fetch;
    }

    private OriginFetch Judge(OriginAnswer answer, ByteRange range)
    {
        switch (answer.Status)
        {
            case >= 500:
                return new FetchError(FetchFailure.ServerError, $"the origin answered {answer.Status}");
            case 401 or 403 or 404 or 410:
                return new FetchError(FetchFailure.Denied, $"the origin answered {answer.Status}");
            case 416:
                return new FetchError(FetchFailure.Changed, "the origin no longer has these bytes (416)");
            case 206 when MultipartByteRanges.IsTypeOf(answer.Fields):
                return new FetchError(FetchFailure.Unusable, "the origin answered several parts to one range"); // RFC 9110 §15.3.7.2 forbids it
            case 200 or 206:
                break;
            default:
                return new FetchError(FetchFailure.Unusable, $"the origin answered {answer.Status} to a range request");
        }

        ContentRange? part = answer.Status == 206 ? ContentRange.Parse(answer.Fields.Combined("Content-Range")) : null;
        switch (VersionMatch.Compare(_version, answer.Fields, answer.Status == 200 ? answer.ContentLength : part?.Total))
        {
            case VersionDifference.None:
                break;
            case VersionDifference.ContentCoding:
                return new FetchError(FetchFailure.Unusable, "the origin switched to another Content-Encoding");
            case var difference:
                return new FetchError(FetchFailure.Changed, $"the file was replaced at the origin ({difference})");
        }

        if (answer.Status == 200)
        {
            // A server that ignores ranges is usable only where the range starts the file.
            return range.Offset == 0
                ? new OriginFetch(new AnswerBody(answer, 0, _version.Length), null)
                : new FetchError(FetchFailure.Unusable, "the origin answered 200 to a range request");
        }

        return part is { Range: { } bytes } sent && sent.Answers(range, answer.ContentLength)
            ? new OriginFetch(new AnswerBody(answer, bytes.Offset, bytes.End), null)
            : new FetchError(FetchFailure.Unusable, "the origin's Content-Range is not what was asked for");
    }

    private static OriginFetch Failure(OriginError error) => new FetchError(
        error.Party == OriginParty.Policy ? FetchFailure.Refused : FetchFailure.Transport,
        error.Sentence);
}
