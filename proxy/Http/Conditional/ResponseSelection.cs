using System.Globalization;
using Swarm.Core;

namespace Swarm.Http;

/// <summary>
/// From request fields and a representation to the answer: RFC 9110 §13.2.2 and §14 in one place. Pure; the whole product answers
/// from its store by this function alone.
/// </summary>
public static class ResponseSelection
{
    /// <param name="method">GET or HEAD; a HEAD ignores Range (§14.2: only GET defines it).</param>
    /// <param name="now">Only to read two-digit years.</param>
    public static ResponsePlan Plan(string method, HttpFields request, Representation current, EvaluatorRole role, DateTimeOffset now)
    {
        var conditions = Conditions.Parse(request, now);
        switch (conditions.Evaluate(current, role))
        {
            case ConditionResult.NotModified:
                // §15.4.5: a 304 carries the date only where there is no tag.
                return new(304, ByteRange.Empty, Validators(current.ETag is null ? current : current with { LastModified = null }));
            case ConditionResult.PreconditionFailed:
                return new(412, ByteRange.Empty, WithLength([], 0));
            default:
                break;
        }

        var isGet = method == "GET";
        var ranges = RangeSet.Parse(isGet ? request.Combined("Range") : null);
        if (ranges.Specs.Length > 0 && current.Length > 0 && conditions.AllowsRange(current))
        {
            var parts = ranges.Select(current.Length);
            if (parts.IsEmpty)
            {
                var refused = WithLength([], 0);
                refused.Add("Content-Range", ContentRange.FormatUnsatisfied(current.Length));
                return new(416, ByteRange.Empty, refused);
            }

            if (parts is [var part])
            {
                var partial = WithLength(Validators(current), part.Length);
                partial.Add("Content-Range", ContentRange.Format(part, current.Length));
                partial.Add("Accept-Ranges", "bytes");
                return new(206, part, partial);
            }

            var several = Validators(current);
            several.Add("Accept-Ranges", "bytes");
            return new(206, ByteRange.Empty, several, parts);
        }

        var whole = WithLength(Validators(current), current.Length);
        whole.Add("Accept-Ranges", "bytes");
        return new(200, isGet ? new(0, current.Length) : ByteRange.Empty, whole);
    }

    private static HttpFields Validators(Representation current)
    {
        var fields = new HttpFields();
        if (current.ETag is { } tag)
        {
            fields.Add("ETag", tag.ToString());
        }

        if (current.LastModified is { } modified)
        {
            fields.Add("Last-Modified", HttpDate.Format(modified));
        }

        return fields;
    }

    private static HttpFields WithLength(HttpFields fields, long length)
    {
        fields.Add("Content-Length", length.ToString(CultureInfo.InvariantCulture));
        return fields;
    }
}
