using System.Globalization;
using Microsoft.Extensions.Primitives;
using Swarm.Http;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Cache;

/// <summary>A stored head in the form the server writes: fields grouped by name, Via signed, nothing left to decide at a hit.</summary>
internal sealed class WireHead
{
    private readonly KeyValuePair<string, StringValues>[] _fields;
    private readonly string _hit;

    public WireHead(StoredAnswer answer, ProxyIdentity identity)
    {
        var fields = answer.Head.Fields.Where(f => HttpField.IsText(f.Value) && f.Name.ToLowerInvariant() is not ("content-length" or "age"));
        identity.Sign(fields, answer.Protocol);
        var seen = fields.Combined("Cache-Status");
        fields.Remove("Cache-Status");
        _fields = [.. fields.GroupBy(f => f.Name, StringComparer.OrdinalIgnoreCase)
            .Select(g => KeyValuePair.Create(g.Key, new StringValues([.. g.Select(f => f.Value)])))];
        var own = new CacheStatus { Hit = true }.Format(identity.Pseudonym);
        _hit = $"{(seen is null ? own : $"{seen}, {own}")}; ttl=";
        Identity = identity;
    }

    public ProxyIdentity Identity { get; }

    public void CopyTo(HttpResponse response, StoredHead head, DateTimeOffset now)
    {
        var freshness = head.FreshnessAt(now);
        response.StatusCode = head.Status;
        var headers = response.Headers;
        foreach (var (name, values) in _fields)
        {
            headers[name] = values;
        }

        headers.Age = Math.Min(freshness.AgeSeconds, int.MaxValue).ToString(CultureInfo.InvariantCulture);
        headers["Cache-Status"] = string.Concat(_hit, freshness.TtlSeconds.ToString(CultureInfo.InvariantCulture));
        if (head.Status != 204)
        {
            response.ContentLength = head.TotalLength ?? 0;
        }
    }
}
