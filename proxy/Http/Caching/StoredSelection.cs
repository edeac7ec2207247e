using System.Collections.Immutable;
using System.Globalization;
using Swarm.Core;

namespace Swarm.Http;

/// <summary>
/// The answer to one request out of a stored one: conditions (RFC 9111 §4.3.2), then ranges (RFC 9110 §14.2), then Age. 200, 206, 304, 416,
/// or whatever status was stored.
/// </summary>
public static class StoredSelection
{
    /// <summary>What a 304 repeats (RFC 9110 §15.4.5).</summary>
    private static readonly HashSet<string> In304 = new(StringComparer.OrdinalIgnoreCase)
    {
        "Cache-Control", "CDN-Cache-Control", "Content-Location", "Date", "ETag", "Expires", "Vary", "Age",
    };

    /// <summary>The bytes a request needs of a stored representation; empty if none.</summary>
    public static ImmutableArray<ByteRange> Needs(string method, HttpFields request, StoredHead stored, DateTimeOffset now) =>
        stored.Status is 200 or 206 ? Select(method, request, stored, now).Parts : [];

    public static ResponsePlan Answer(string method, HttpFields request, StoredHead stored, DateTimeOffset now)
    {
        var fields = stored.FieldsAt(now);
        if (stored.Status is not (200 or 206))
        {
            var length = stored.TotalLength ?? 0;
            return new(stored.Status, new(0, method == "HEAD" ? 0 : length), stored.Status == 204 ? fields : WithLength(fields, length));
        }

        var (status, parts) = Select(method, request, stored, now);
        var body = parts.Length == 1 ? parts[0] : ByteRange.Empty;
        var total = stored.TotalLength ?? 0;
        switch (status)
        {
            case 304:
                var hasTag = fields.Has("ETag");
                return new(304, ByteRange.Empty, fields.Where(f => In304.Contains(f.Name) || (!hasTag && f.Name.Equals("Last-Modified", StringComparison.OrdinalIgnoreCase))));
            case 416:
                var refused = fields.Where(static f => f.Name.Equals("Date", StringComparison.OrdinalIgnoreCase) || f.Name.Equals("Age", StringComparison.OrdinalIgnoreCase));
                refused.Set("Content-Range", ContentRange.FormatUnsatisfied(total));
                return new(416, ByteRange.Empty, WithLength(refused, 0));
            case 206 when parts.Length > 1:
                fields.Remove("Content-Length");
                return new(206, ByteRange.Empty, fields, parts);
            case 206:
                fields.Set("Content-Range", ContentRange.Format(body, total));
                return new(206, body, WithLength(fields, body.Length));
            default:
                return new(200, method == "HEAD" ? ByteRange.Empty : body, WithLength(fields, total));
        }
    }

    private static (int Status, ImmutableArray<ByteRange> Parts) Select(string method, HttpFields request, StoredHead stored, DateTimeOffset now)
    {
        var total = stored.TotalLength ?? 0;
        var current = Representation.Of(total, stored.Fields, now);
        var conditions = Conditions.Parse(request, now);

        // §4.3.2: without a Last-Modified, the Date of the stored answer is compared.
        if (conditions.Evaluate(current.LastModified is null ? current with { LastModified = current.Date } : current, EvaluatorRole.Cache) == ConditionResult.NotModified)
        {
            return (304, []);
        }

        ImmutableArray<ByteRange> whole = [new(0, total)];
        if (method != "GET")
        {
            return (200, whole); // RFC 9110 §14.2: only GET has ranges
        }

        var ranges = RangeSet.Parse(request.Combined("Range"));
        if (ranges.Specs.Length == 0 || total == 0 || !conditions.AllowsRange(current))
        {
            return (200, whole);
        }

        var parts = ranges.Select(total);
        return (parts.IsEmpty ? 416 : 206, parts);
    }

    private static HttpFields WithLength(HttpFields fields, long length)
    {
        fields.Set("Content-Length", length.ToString(CultureInfo.InvariantCulture));
        return fields;
    }
}
