using System.Globalization;

namespace Swarm.Proxy.Cli;

/// <summary>Does a site answer in the way that several sources need?</summary>
internal sealed class SiteCheck : IDoctorCheck
{
    private const string Topic = "site";

    public IEnumerable<DoctorLine> Look(DoctorFacts facts)
    {
        if (facts.Site is not { } site)
        {
            yield break;
        }

        if (site.Problem is { } problem)
        {
            yield return DoctorLine.Bad(Topic, $"{site.Url}: {problem}", "open it with curl -I past any proxy; a private address needs --allow-target HOST");
            yield break;
        }

        yield return site.Status is 200 or 206
            ? DoctorLine.Good(Topic, $"{site.Url} answers {site.Status.ToString(CultureInfo.InvariantCulture)}")
            : DoctorLine.Bad(Topic, $"{site.Url} answers {site.Status.ToString(CultureInfo.InvariantCulture)}", "name the URL of a file that anyone may fetch");
        yield return site.TakesRanges
            ? DoctorLine.Good(Topic, "it answers byte ranges")
            : DoctorLine.Hint(Topic, "it answers no byte ranges: it is passed through, and peers cannot help", "serve the file as static content (nginx does by itself)");
        yield return site.Validator switch
        {
            null => DoctorLine.Hint(Topic, "it sends neither ETag nor Last-Modified: versions cannot be told apart, so nothing is joined", "send a strong ETag (RFC 9110 §8.8.3)"),
            ['W', '/', ..] weak => DoctorLine.Hint(Topic, $"its ETag is weak ({weak}): ranges of two answers are never joined by it", "send a strong ETag; on-the-fly compression makes nginx's weak"),
            var validator => DoctorLine.Good(Topic, $"it names its version: {validator}"),
        };
    }
}
