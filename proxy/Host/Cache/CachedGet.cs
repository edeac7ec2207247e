using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Primitives;
using Swarm.Http;
using Swarm.Proxy.Front;
using Swarm.Proxy.Origin;
using Swarm.Proxy.Pump;

namespace Swarm.Proxy.Cache;

/// <summary>
/// The short way for the commonest hit: a plain read by a tool of a fresh, whole answer without Vary. Whatever carries a condition, a range, a
/// directive, credentials or a page's marks takes the long way, which decides the same.
/// </summary>
internal sealed class CachedGet(IGetHandler next, AnswerStore store, ProxyIdentity identity, StallRule stall, TimeProvider time) : IGetHandler
{
    public Task HandleAsync(HttpContext context, OriginTarget target, CancellationToken cancellationToken)
    {
        if (target.Form != TargetForm.AbsoluteForm || !IsPlain(context.Request.Headers) || !TryFind(target, out var answer, out var now))
        {
            return next.HandleAsync(context, target, cancellationToken);
        }

        var wire = answer.Wire is { } made && ReferenceEquals(made.Identity, identity) ? made : answer.Wire = new WireHead(answer, identity);
        wire.CopyTo(context.Response, answer.Head, now);
        store.Counters.Count(CacheResult.Hit);
        return HttpMethods.IsHead(context.Request.Method) || answer.Parts.IsEmpty ? Task.CompletedTask : WriteAsync(context, answer.Parts[0].Bytes);
    }

    private bool TryFind(OriginTarget target, [NotNullWhen(true)] out StoredAnswer? answer, out DateTimeOffset now)
    {
        now = default;
        answer = store.Find(target.Url)?.FindPlain(CachePartition.Tools);
        if (answer is null || !answer.IsComplete || answer.Head.Reason is not ("" or "OK"))
        {
            return false;
        }

        now = time.GetUtcNow();
        return now < answer.Head.FreshUntil;
    }

    private static bool IsPlain(IHeaderDictionary request) =>
        IsAbsent(request.Range) && IsAbsent(request.IfNoneMatch) && IsAbsent(request.IfModifiedSince) && IsAbsent(request.IfMatch) && IsAbsent(request.IfUnmodifiedSince)
        && IsAbsent(request.CacheControl) && IsAbsent(request.Pragma) && IsAbsent(request.Authorization)
        && IsAbsent(request.Origin) && IsAbsent(request.Referer) && IsAbsent(request["Sec-Fetch-Site"])
        && !request.UserAgent.ToString().StartsWith("Mozilla/", StringComparison.Ordinal);

    private static bool IsAbsent(StringValues field) => field.Count == 0;

    private async Task WriteAsync(HttpContext context, byte[] bytes)
    {
        store.Counters.Serve(bytes.Length);
        var write = context.Response.BodyWriter.WriteAsync(bytes, context.RequestAborted);
        if (write.IsCompletedSuccessfully)
        {
            return;
        }

        using var watch = stall.Watch(context);
        watch.Arm();
        await write.ConfigureAwait(false);
    }
}
