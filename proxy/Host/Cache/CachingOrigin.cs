using System.Collections.Immutable;
using Swarm.Core;
using Swarm.Http;
using Swarm.Proxy.Origin;
using Swarm.Proxy.Pump;

namespace Swarm.Proxy.Cache;

/// <summary>
/// An origin seen through the cache of small answers (RFC 9111): what is stored and may be used is answered from here, the rest is asked,
/// validated, freshened and kept. What belongs to the piece store, it leaves alone.
/// </summary>
internal sealed class CachingOrigin(IOriginConnection inner, AnswerStore store, CacheOptions options, TimeProvider time) : IOriginConnection
{
    private readonly CollapsedRequests _collapsed = new(options.CollapseLimit, time);
    private readonly BackgroundValidations _background = new(options, time);

    public async ValueTask<OriginResult> SendAsync(OriginRequest request, CancellationToken cancellationToken)
    {
        if (request.Method is not ("GET" or "HEAD") || CachePartition.Of(request.Fields, request.Target.Host.Name) is not { } partition)
        {
            return await inner.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }

        var exchange = new Exchange(request, partition);
        if (store.IsOnDiskOnly(exchange.Url))
        {
            await store.RestoreAsync(exchange.Url, cancellationToken).ConfigureAwait(false);
        }

        var plan = Look(exchange);
        if (plan.Action is CacheAction.Forward or CacheAction.Validate && exchange.MayCollapse)
        {
            exchange.Lease = await _collapsed.LeadOrWaitAsync(exchange.Key, cancellationToken).ConfigureAwait(false);
            if (exchange.Lease is null)
            {
                plan = Look(exchange);
                exchange.HasWaited = plan.Action == CacheAction.Reuse;
            }
        }

        try
        {
            return await ActAsync(exchange, plan, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            exchange.Lease?.End(null);
            throw;
        }
    }

    /// <summary>One request on its way through.</summary>
    private sealed class Exchange(OriginRequest request, string partition)
    {
        public OriginRequest Request => request;
        public string Url { get; } = request.Target.Url;
        public string Partition => partition;
        public string Credentials { get; } = CredentialsKey.Of(request.Fields, request.Target.Url);
        public long Mark { get; set; }
        public StoredAnswer? Stored { get; set; }
        public CollapsedRequests.Lease? Lease { get; set; }
        public bool HasWaited { get; set; }

        public string Key => $"{partition}\n{Url}";

        /// <summary>Only what anyone may have is waited for, and only where one answer serves all.</summary>
        public bool MayCollapse => request.Method == "GET" && Credentials.Length == 0
            && !request.Fields.Has("Range") && !Conditions.ArePresent(request.Fields) && !CacheControl.Of(request.Fields).NoStore;
    }

    private CachePlan Look(Exchange exchange)
    {
        var now = time.GetUtcNow();
        exchange.Mark = store.Mark;
        var resource = store.Find(exchange.Url);
        exchange.Stored = resource?.Find(exchange.Partition, exchange.Request.Fields);
        var covers = exchange.Stored?.Covers(exchange.Request.Method, exchange.Request.Fields, now) ?? false;
        return CachePlan.For(exchange.Request.Method, exchange.Request.Fields, exchange.Stored?.Head, covers, resource is not null, now);
    }

    private ValueTask<OriginResult> ActAsync(Exchange exchange, CachePlan plan, CancellationToken cancel)
    {
        switch (plan.Action)
        {
            case CacheAction.Reuse:
                exchange.Lease?.End(true);
                store.Counters.Count(CacheResult.Hit);
                return new(Serve(exchange, exchange.Stored!, new() { Hit = true, Collapsed = exchange.HasWaited }));
            case CacheAction.ReuseWhileRevalidating:
                store.Counters.Count(CacheResult.Stale);
                _background.Start(exchange.Key, stop => RevalidateAsync(exchange, stop));
                return new(Serve(exchange, exchange.Stored!, new() { Hit = true, Detail = "stale-while-revalidate" }));
            case CacheAction.NotCached:
                return new(OriginResult.Of(new OriginError(OriginStage.Policy, OriginParty.Policy, OriginRetry.Never, 504, ProxyError.None,
                    $"{exchange.Url} is not stored here in a form that may be used, and the request asked for nothing else (only-if-cached).")));
            case CacheAction.Validate:
                return ValidateAsync(exchange, plan, cancel);
            default:
                return ForwardAsync(exchange, exchange.Request, new() { Forward = plan.Why }, cancel);
        }
    }

    private async ValueTask<OriginResult> ValidateAsync(Exchange exchange, CachePlan plan, CancellationToken cancel)
    {
        var stored = exchange.Stored!;
        var conditional = exchange.Request with { Fields = Validation.Request(exchange.Request.Fields, stored.Head.Fields) };
        var asked = time.GetUtcNow();
        var result = await inner.SendAsync(conditional, cancel).ConfigureAwait(false);
        if (result.Answer is not { Status: 304 } answer)
        {
            return Judge(exchange, exchange.Request, result, asked, new() { Forward = plan.Why });
        }

        answer.Dispose();
        if (!Validation.Confirms(stored.Head.Fields, answer.Fields))
        {
            // It speaks of another representation than the one it was asked about: only an answer of its own tells (RFC 9111 §4.3.4).
            store.Replace(exchange.Url, stored, null);
            exchange.Stored = null;
            return await ForwardAsync(exchange, WithoutConditions(exchange.Request), new() { Forward = plan.Why }, cancel).ConfigureAwait(false);
        }

        var freshened = Freshen(exchange, stored, answer.Fields, asked);
        exchange.Lease?.End(true);
        store.Counters.Count(CacheResult.Validated);
        return Serve(exchange, freshened, new() { Forward = plan.Why, ForwardStatus = 304, Stored = true });
    }

    private async ValueTask<OriginResult> ForwardAsync(Exchange exchange, OriginRequest request, CacheStatus status, CancellationToken cancel)
    {
        var asked = time.GetUtcNow();
        var result = await inner.SendAsync(request, cancel).ConfigureAwait(false);
        return Judge(exchange, request, result, asked, status);
    }

    /// <summary>What becomes of the origin's answer, or of its silence.</summary>
    private OriginResult Judge(Exchange exchange, OriginRequest request, OriginResult result, DateTimeOffset asked, CacheStatus status)
    {
        var now = time.GetUtcNow();
        if (exchange.Stored is { } stored && (!result.IsAnswer ? result.Error.Party is not (OriginParty.Policy or OriginParty.Client) : result.Answer.Status >= 500))
        {
            var covers = stored.Covers(exchange.Request.Method, exchange.Request.Fields, now);
            if (covers && StaleUse.IsAllowed(stored.Head, exchange.Request.Fields, result.Answer?.Status, exchange.Credentials, now))
            {
                result.Answer?.Abort();
                exchange.Lease?.End(null);
                store.Counters.Count(CacheResult.Stale);
                return Serve(exchange, stored, status with { ForwardStatus = result.Answer?.Status, Detail = result.Error?.Sentence ?? "stale-if-error" });
            }

            if (result.Error is { } error && stored.Head.FreshnessAt(now).MustRevalidate)
            {
                result = OriginResult.Of(error with { Status = 504 }); // RFC 9111 §5.2.2.2
            }
        }

        store.Counters.Count(CacheResult.Miss);
        if (!result.IsAnswer)
        {
            exchange.Lease?.End(null);
            return result;
        }

        var answer = result.Answer;
        status = status with { ForwardStatus = answer.Status };
        var times = new StoredTimes(asked, now);
        if (request.Method == "HEAD")
        {
            OnHead(exchange, answer, times);
            return result;
        }

        var refusal = Storability.Judge(request.Method, request.Fields, answer.Status, answer.Fields, times);
        if (refusal == StoreRefusal.None && FitsHere(request, answer, now))
        {
            return Keep(exchange, request, answer, times, status with { Stored = true });
        }

        // What was here stood for another answer than the one that came.
        if (exchange.Stored is { } old && answer.Status is < 500 and not (206 or 304 or 412 or 416))
        {
            store.Replace(exchange.Url, old, null);
        }

        exchange.Lease?.End(false);
        return result; // whoever passes it on says why
    }

    /// <summary>Small enough, and not the piece store's to keep.</summary>
    private bool FitsHere(OriginRequest request, OriginAnswer answer, DateTimeOffset now)
    {
        var length = answer.Status == 206 ? PartialContent.Read(answer.Fields)?.Total : answer.ContentLength;
        return length is null
            || (length <= options.MaxObjectBytes && !Candidate.Classify(request.Method, request.Target.Url, request.Fields, answer.Status, answer.Fields, hasDigest: false, now).IsCandidate);
    }

    private OriginResult Keep(Exchange exchange, OriginRequest request, OriginAnswer answer, StoredTimes times, CacheStatus status)
    {
        var head = StoredHead.Of(answer.Status, answer.Reason, request.Fields, answer.Fields, exchange.Partition, exchange.Credentials, times);
        if (answer.Status == 204 || answer.ContentLength == 0)
        {
            Commit(exchange, request, answer, head, []);
            answer.Cache = status;
            return OriginResult.Of(answer);
        }

        var part = answer.Status == 206 ? PartialContent.Read(answer.Fields)?.Part.Length : null;
        var body = new KeepingBody(answer.Body, part ?? answer.ContentLength, options.MaxObjectBytes, bytes => Commit(exchange, request, answer, head, bytes));
        var kept = answer.WithBody(body);
        kept.Cache = status;
        return OriginResult.Of(kept);
    }

    private void Commit(Exchange exchange, OriginRequest request, OriginAnswer answer, StoredHead head, byte[]? bytes)
    {
        if (bytes is not null)
        {
            store.Put(exchange.Url, Combined(exchange, request, answer, head, bytes), request.Fields, exchange.Mark);
        }

        exchange.Lease?.End(bytes is null ? null : true);
    }

    /// <summary>The answer as it is stored; a part joins what is here of the same version (RFC 9111 §3.4).</summary>
    private StoredAnswer Combined(Exchange exchange, OriginRequest request, OriginAnswer answer, StoredHead head, byte[] bytes)
    {
        if (head.Status != 206 || PartialContent.Read(answer.Fields) is not { } partial)
        {
            return new(head with { TotalLength = bytes.Length }, bytes.Length == 0 ? [] : [new(0, bytes)], answer.Protocol);
        }

        head = head with { TotalLength = partial.Total };
        ImmutableArray<StoredPart> parts = [];
        if (store.Find(exchange.Url)?.Find(exchange.Partition, request.Fields) is { Head: { Status: 200 or 206, TotalLength: { } total } } here
            && PartialContent.MayCombine(here.Head.Fields, total, answer.Fields, partial.Total, head.Times.ReceivedAt))
        {
            parts = here.Parts;
            head = Validation.Freshen(here.Head, answer.Fields, head.Times);
        }

        var joined = new StoredAnswer(head, StoredPart.Join(parts, new(partial.Part.Offset, bytes)), answer.Protocol);
        return joined.IsComplete ? joined.With(head with { Status = 200, Reason = "" }) : joined;
    }

    private StoredAnswer Freshen(Exchange exchange, StoredAnswer stored, HttpFields newer, DateTimeOffset asked)
    {
        var freshened = stored.With(Validation.Freshen(stored.Head, newer, new(asked, time.GetUtcNow())));

        // A 304 may forbid to keep what it confirms: then it serves this request and goes.
        var stays = !freshened.Head.Directives.NoStore && !freshened.Head.Directives.Private;
        store.Replace(exchange.Url, stored, stays ? freshened : null);
        return freshened;
    }

    /// <summary>A 200 to HEAD updates the stored answer that it describes, and ends one that it does not (RFC 9111 §4.3.5).</summary>
    private void OnHead(Exchange exchange, OriginAnswer answer, StoredTimes times)
    {
        if (answer.Status == 200 && exchange.Stored is { Head.Status: 200 } stored)
        {
            store.Replace(exchange.Url, stored, Validation.Describes(stored.Head.Fields, stored.Head.TotalLength, answer.Fields)
                ? stored.With(Validation.Freshen(stored.Head, answer.Fields, times))
                : null);
        }
    }

    /// <summary>The stored answer as this request gets it.</summary>
    private OriginResult Serve(Exchange exchange, StoredAnswer stored, CacheStatus status)
    {
        var now = time.GetUtcNow();
        var plan = StoredSelection.Answer(exchange.Request.Method, exchange.Request.Fields, stored.Head, now);
        Stream body;
        if (plan.IsMultipart)
        {
            var several = new MultipartByteRanges(plan.Parts, stored.Head.TotalLength ?? 0, plan.Fields.First("Content-Type"), MultipartBody.NewBoundary());
            several.Describe(plan.Fields);
            body = new MultipartBody(several, part => new StoredBody(Bytes(stored, part)));
        }
        else
        {
            body = new StoredBody(Bytes(stored, plan.Body));
        }

        store.Counters.Serve(plan.Needs.Sum(part => part.Length));
        var reason = plan.Status == stored.Head.Status ? stored.Head.Reason : "";
        return OriginResult.Of(new OriginAnswer(plan.Status, reason, plan.Fields, body, exchange.Request.Target, null, StoredBody.NoConnection)
        {
            Protocol = stored.Protocol,
            Cache = status with { TtlSeconds = stored.Head.FreshnessAt(now).TtlSeconds },
        });
    }

    private static ReadOnlyMemory<byte> Bytes(StoredAnswer stored, ByteRange range) => stored.TryRead(range, out var bytes)
        ? bytes
        : throw new InvalidOperationException("A request was planned for bytes that are not stored."); // CachePlan looks at Covers first

    private async Task RevalidateAsync(Exchange served, CancellationToken stop)
    {
        var request = WithoutConditions(served.Request) with { Method = "GET", Interim = null };
        var exchange = new Exchange(request, served.Partition) { Stored = served.Stored, Mark = served.Mark };
        var result = Validation.HasValidator(served.Stored!.Head.Fields)
            ? await ValidateAsync(exchange, new(CacheAction.Validate, CacheForward.Stale), stop).ConfigureAwait(false)
            : await ForwardAsync(exchange, request, new() { Forward = CacheForward.Stale }, stop).ConfigureAwait(false);
        using var answer = result.Answer;
        if (answer?.Cache is { Stored: true })
        {
            await answer.Body.CopyToAsync(Stream.Null, stop).ConfigureAwait(false);
        }
    }

    private static OriginRequest WithoutConditions(OriginRequest request) => request with
    {
        Fields = request.Fields.Where(static f => f.Name.ToLowerInvariant() is not ("range" or "if-range" or "if-none-match" or "if-modified-since")),
    };
}
