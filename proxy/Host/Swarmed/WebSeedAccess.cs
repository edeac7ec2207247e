using System.Globalization;
using Swarm.Engine;
using Swarm.Http;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Swarmed;

/// <summary>
/// The way to web seeds (BEP 19): a GET of one range, without anybody's credentials, over the connections and under the target policy
/// of every other request. An answer counts only if it is the range that was asked for, of a file as long as the torrent says.
/// </summary>
internal sealed class WebSeedAccess(IOriginConnection origin, ProxyIdentity identity) : IWebSeedAccess
{
    public async ValueTask<WebSeedFetch> FetchAsync(WebSeedRequest request, CancellationToken cancel)
    {
        if (!OriginTarget.TryParse(request.Url, TargetForm.AbsoluteForm, out var target))
        {
            return new FetchError(FetchFailure.Unusable, "its address is no URL to fetch");
        }

        var fields = new HttpFields();
        // RFC 9110 §8.4.1: any other coding is another sequence of bytes.
        fields.Add("Accept-Encoding", "identity");
        fields.Add("Range", string.Create(CultureInfo.InvariantCulture, $"bytes={request.Range.Offset}-{request.Range.End - 1}"));
        identity.Sign(fields, "1.1");
        var result = await origin.SendAsync(new("GET", target, fields, FollowRedirects: true), cancel);
        if (!result.IsAnswer)
        {
            return new FetchError(result.Error.Party == OriginParty.Policy ? FetchFailure.Refused : FetchFailure.Transport, result.Error.Sentence);
        }

        var answer = result.Answer;
        var fetch = request.HttpsOnly && answer.ClearTextInChain
            ? new FetchError(FetchFailure.Refused, "it was redirected to cleartext, which would tell who reads what came by https")
            : Judge(answer, request);
        if (fetch.Body is null)
        {
            answer.Abort();
        }

        return fetch;
    }

    private static WebSeedFetch Judge(OriginAnswer answer, in WebSeedRequest request)
    {
        switch (answer.Status)
        {
            case >= 500 or 408 or 429:
                return new FetchError(FetchFailure.ServerError, $"it answered {answer.Status}");
            case not (200 or 206):
                return new FetchError(FetchFailure.Denied, $"it answered {answer.Status}");
        }

        if (answer.Fields.Combined("Content-Encoding") is { Length: > 0 } coding && !coding.Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            return new FetchError(FetchFailure.Unusable, "it answers in a Content-Encoding that was not asked for");
        }

        if (answer.Status == 200)
        {
            // A server without ranges gives the head of a file; the rest it never will.
            return request.Range.Offset == 0 && answer.ContentLength == request.FileLength
                ? new WebSeedFetch(new AnswerBody(answer, 0, request.FileLength), null, answer.FinalUrl)
                : new FetchError(FetchFailure.Unusable, "it answered 200 to a range request");
        }

        return ContentRange.Parse(answer.Fields.Combined("Content-Range")) is { Range: { } bytes } part && part.Answers(request.Range, answer.ContentLength)
            && (part.Total is null || part.Total == request.FileLength)
            ? new WebSeedFetch(new AnswerBody(answer, bytes.Offset, bytes.End), null, answer.FinalUrl)
            : new FetchError(FetchFailure.Unusable, "its Content-Range is not what was asked for");
    }
}
