namespace Swarm.Http;

/// <summary>Whether a shared cache may keep an answer (RFC 9111 §3), and whether it would ever use it again.</summary>
public static class Storability
{
    public static StoreRefusal Judge(string method, HttpFields request, int status, HttpFields response, StoredTimes times)
    {
        if (method != "GET")
        {
            return StoreRefusal.Method;
        }

        if (status is < 200 or 304 or 412 or 416 or > 599 || (status == 206 && PartialContent.Read(response) is null))
        {
            return StoreRefusal.Status;
        }

        var directives = CacheControl.Effective(response);
        if (directives.MustUnderstand ? !IsUnderstood(status) : directives.NoStore)
        {
            return directives.MustUnderstand ? StoreRefusal.NotUnderstood : StoreRefusal.NoStore; // §5.2.2.3
        }

        if (CacheControl.Of(request).NoStore)
        {
            return StoreRefusal.RequestNoStore;
        }

        if (directives.Private)
        {
            return StoreRefusal.Private;
        }

        // §3.5
        if (request.Has("Authorization") && !directives.Public && !directives.Has("s-maxage") && !directives.MustRevalidate)
        {
            return StoreRefusal.Authorization;
        }

        if (SelectingFields.Of(request, response) is null)
        {
            return StoreRefusal.VaryStar;
        }

        var freshness = Freshness.Of(status, response, times, times.ReceivedAt, shared: true);

        // §3, last item: said to be cacheable, or of a status that is.
        var isAllowed = !freshness.IsHeuristic || directives.Public || Freshness.IsCacheableByDefault(status);
        var isUseful = freshness.LifetimeSeconds > 0 || (status is 200 or 206 && Validation.HasValidator(response));
        return isAllowed && isUseful ? StoreRefusal.None : StoreRefusal.NothingToGain;
    }

    // RFC 9110 §15: the codes defined there; what is special about them for a cache (206, 304, 412, 416) is handled here.
    private static bool IsUnderstood(int status) =>
        status is >= 200 and <= 206 or >= 300 and <= 303 or 307 or 308 or >= 400 and <= 417 or 421 or 422 or 426 or >= 500 and <= 505;
}
