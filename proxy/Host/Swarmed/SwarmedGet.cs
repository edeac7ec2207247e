using System.Diagnostics;
using Swarm.Core;
using Swarm.Engine;
using Swarm.Engine.Tracing;
using Swarm.Http;
using Swarm.Proxy.Front;
using Swarm.Proxy.Origin;
using Swarm.Proxy.Pump;

namespace Swarm.Proxy.Swarmed;

/// <summary>
/// Answers a GET: asks the origin for permission (I1), then serves a candidate from whoever delivers each byte first and
/// passes everything else through byte for byte.
/// </summary>
/// <remarks>One exchange, in order: plan the permission request → ask → judge the answer → name the version → open a reader → pump.</remarks>
internal sealed class SwarmedGet(
    SwarmEngine engine, IOriginConnection origin, SwarmJoin join, ReceiptWriter receipts, ProxyIdentity identity, StallRule stall, TimeProvider time) : IGetHandler
{
    /// <summary>
    /// What another client's answer is about to bring is not asked for again. For a site, whose origin is to be spared; a proxy's client never waits
    /// for another.
    /// </summary>
    public bool Collapses { get; init; }

    public Task HandleAsync(HttpContext context, OriginTarget target, CancellationToken cancellationToken)
    {
        var request = new OriginRequest(
            context.Request.Method, target, RequestHeaders.ForOrigin(context.Request, target, identity), FollowRedirects: target.Form == TargetForm.Gateway)
        {
            Interim = InterimRelay.For(context, target, identity),
        };
        return AskAsync(new Exchange(context, target, request), cancellationToken);
    }

    /// <summary>What one client request is about, from its first look to its last byte.</summary>
    private sealed class Exchange(HttpContext context, OriginTarget target, OriginRequest request)
    {
        public HttpContext Context => context;
        public OriginTarget Target => target;
        public OriginRequest Request => request;
        public string Url => target.Url;
        public string Credentials { get; } = CredentialsKey.Of(request.Fields, target.Url);
        public string Client => context.Connection.RemoteIpAddress?.ToString() ?? "";

        /// <summary>The page that asks, which access-control fields answer.</summary>
        public string Asker { get; } = request.Fields.Combined("Origin") ?? "";

        public bool IsGet => HttpMethods.IsGet(context.Request.Method);
    }

    private async Task AskAsync(Exchange exchange, CancellationToken cancel)
    {
        var known = exchange.IsGet ? engine.Current(exchange.Url, "identity") : null;
        var plan = known is null ? PermissionRequest.Whole : PermissionPlan.For(Facts(exchange, known));
        if (plan.Shape == PermissionShape.Reuse)
        {
            if (TryServeReused(exchange, known!, cancel) is { } reused)
            {
                await reused;
                return;
            }

            plan = PermissionRequest.Whole;
        }

        if (plan.Shape is PermissionShape.Probe or PermissionShape.Revalidate)
        {
            var keepsRange = plan.RangeField is null;
            var probe = exchange.Request with { Fields = exchange.Request.Fields.Where(f => keepsRange || !RangeFields.Are(f.Name)) };
            if (!keepsRange)
            {
                probe.Fields.Add("Range", plan.RangeField!);
            }

            if (plan.Shape == PermissionShape.Revalidate)
            {
                probe.Fields.Add("If-None-Match", known!.Version.Validator!.ETag!);
            }

            var probed = await PermissionAsync(probe, plan.Shape, cancel);
            if (!probed.IsAnswer)
            {
                await FailAsync(exchange, known, probed.Error, cancel);
                return;
            }

            if (plan.Shape == PermissionShape.Revalidate && probed.Answer.Status == 304)
            {
                probed.Answer.Dispose();
                if (TryServeRevalidated(exchange, known!, probed.Answer, cancel) is { } revalidated)
                {
                    await revalidated;
                    return;
                }
            }

            if (keepsRange && probed.Answer.Status != 304)
            {
                await JudgeAsync(exchange, known, probed.Answer, cancel); // the condition apart, it answers the client's own request
                return;
            }

            var outcome = ProbeMapping.Map(exchange.Request.Fields, known!.Version, plan.Range, probed.Answer.Status, probed.Answer.Fields);
            switch (outcome.Kind)
            {
                case ProbeOutcomeKind.Mapped when MayServe(exchange, known, probed.Answer, out var shareable):
                    await ServeProbedAsync(exchange, known, probed.Answer, outcome, shareable, cancel);
                    return;
                case ProbeOutcomeKind.Whole:
                    await JudgeAsync(exchange, known, probed.Answer, cancel);
                    return;
                case ProbeOutcomeKind.PassThrough when probed.Answer.Status != 304:
                    await JudgeAsync(exchange, known, probed.Answer, cancel);
                    return;
                default:
                    // The version changed, its answer does not tell, or it may no longer be kept: the client's own request decides.
                    probed.Answer.Abort();
                    break;
            }
        }

        var result = await PermissionAsync(exchange.Request, PermissionShape.Whole, cancel);
        if (!result.IsAnswer)
        {
            await FailAsync(exchange, known, result.Error, cancel);
            return;
        }

        await JudgeAsync(exchange, known, result.Answer, cancel);
    }

    private ValueTask<OriginResult> PermissionAsync(OriginRequest request, PermissionShape shape, CancellationToken cancel) =>
        SwarmTrace.Current is null ? origin.SendAsync(request, cancel) : TracedPermissionAsync(request, shape, cancel);

    private async ValueTask<OriginResult> TracedPermissionAsync(OriginRequest request, PermissionShape shape, CancellationToken cancel)
    {
        using var span = SwarmTrace.Step("permission", ActivityKind.Client);
        var result = await origin.SendAsync(request, cancel);
        span?.SetTag("swarm.permission", shape.ToString().ToLowerInvariant());
        span?.SetTag("server.address", request.Target.Host.Name);
        if (result.IsAnswer)
        {
            span?.SetTag("http.response.status_code", result.Answer.Status);
        }
        else
        {
            span?.SetStatus(ActivityStatusCode.Error, result.Error.Party.ToString());
        }

        return result;
    }

    private PermissionFacts Facts(Exchange exchange, ResourceHandle known)
    {
        var version = known.Version;
        var wanted = ByteRange.Empty;
        foreach (var range in PermissionPlan.ClientParts("GET", exchange.Request.Fields, version) ?? [])
        {
            // An answer that can be compared with the tree at once lets the rest join without a wait.
            var from = SwarmEngine.HasSwarm(known) && known.Content.KnowsLeafAt(range.Offset) ? range.Offset : known.Content.FirstMissing(range);
            // Alone, the origin is asked once for all that is missing; with a swarm the first units are enough.
            var end = SwarmEngine.HasSwarm(known) ? Math.Min(range.End, from + PermissionPlan.MinProbeBytes) : range.End;
            if (from < range.End)
            {
                wanted = ByteRange.FromBounds(from, Math.Max(from, end));
                break;
            }
        }

        if (Collapses && !wanted.IsEmpty && SwarmEngine.FirstToAsk(known, wanted) == wanted.End)
        {
            wanted = ByteRange.Empty;
        }

        // Where bytes are missing and only the origin has them it is asked anyway: as this request's own permission, so that it never waits
        // for the answer of another client that does not read on.
        var permit = wanted.IsEmpty || SwarmEngine.HasSwarm(known) ? known.PermitFor(exchange.Credentials) : null;
        return new("GET", exchange.Request.Fields, version, wanted, exchange.Credentials, permit, engine.Now)
        {
            HoldsHeaders = known.AnswerFor(exchange.Credentials) is { } last && last.Asker == exchange.Asker && TreeCovers(known, last),
        };
    }

    // --- The origin answered

    private async Task JudgeAsync(Exchange exchange, ResourceHandle? known, OriginAnswer answer, CancellationToken cancel)
    {
        if (answer.Status >= 500 && TryServeOriginDown(exchange, known, $"origin answered {answer.Status}", cancel) is { } served)
        {
            answer.Abort();
            await served;
            return;
        }

        if (answer.Status is 401 or 403 or 404 or 410 || NamesAnother(known, answer))
        {
            engine.Revoke(exchange.Url, exchange.Credentials);
        }

        var now = time.GetUtcNow();
        var candidate = Candidate.Classify(exchange.Context.Request.Method, exchange.Url, exchange.Request.Fields, answer.Status, answer.Fields, hasDigest: false, now);
        if (!candidate.IsCandidate || candidate.Validator is null)
        {
            join.OnAnswer(exchange.Client, exchange.Target, answer);
            await PassThroughAsync(exchange, answer, candidate.Reason.ToString());
            return;
        }

        var version = new ResourceVersion(exchange.Url, "identity", candidate.Validator, candidate.Length, null, Authority.None, candidate.IsShareable);
        var handle = Permit(exchange, version, answer);
        if (join.StandingOf(handle, answer, exchange.Target, exchange.Client) == TreeStanding.Apart)
        {
            await PassThroughAsync(exchange, answer, "its tree was published by another answer");
            return;
        }

        ResponseHeaders.CopyTo(exchange.Context.Response, answer, identity, ResponseFilters.For(exchange.Target));
        var body = new AnswerBody(answer, candidate.Body.Offset, candidate.Body.End);
        await ServeAsync(exchange, handle, candidate.Body, answer, body, $"fwd={(known is null ? "uri-miss" : "stale")}; fwd-status={answer.Status}; stored", cancel);
    }

    /// <summary>The answer to a probe may be joined with what is here: it is still one that may be kept, and the tree that proved stored bytes covers it.</summary>
    private bool MayServe(Exchange exchange, ResourceHandle known, OriginAnswer answer, out bool shareable)
    {
        var candidate = Candidate.Classify(exchange.Context.Request.Method, exchange.Url, exchange.Request.Fields, answer.Status, answer.Fields, hasDigest: false, time.GetUtcNow());
        shareable = candidate.IsShareable;
        return candidate.IsCandidate && !known.IsRetired && join.StandingOf(known, answer, exchange.Target, exchange.Client) != TreeStanding.Apart;
    }

    /// <summary>True if the answer shows that the URL no longer stands for the known version. Another coding is the same version in another dress.</summary>
    private static bool NamesAnother(ResourceHandle? known, OriginAnswer answer) => known is not null && answer.Status switch
    {
        200 or 206 => VersionMatch.Compare(known.Version, answer.Fields, known.Version.Length) is not (VersionDifference.None or VersionDifference.ContentCoding),
        300 or 301 or 302 or 303 or 307 or 308 => true,
        _ => false,
    };

    private async Task ServeProbedAsync(Exchange exchange, ResourceHandle probed, OriginAnswer answer, ProbeOutcome outcome, bool shareable, CancellationToken cancel)
    {
        var known = Permit(exchange, probed.Version with { Shareable = shareable }, answer);
        var fields = outcome.Fields!;
        ResponseHeaders.CopyTo(exchange.Context.Response, outcome.Status, fields, outcome.Client.Length, answer.Protocol, identity, ResponseFilters.For(exchange.Target));
        var body = new AnswerBody(answer, outcome.Origin.Offset, outcome.Origin.End);
        await ServeAsync(exchange, known, outcome.Client, answer, body, $"fwd=partial; fwd-status={answer.Status}; stored", cancel);
    }

    private ResourceHandle Permit(Exchange exchange, ResourceVersion version, OriginAnswer answer)
    {
        var handle = engine.Name(version);
        handle.Grant(new(new(exchange.Credentials, handle.Version, engine.Now), KeptFields.Of(answer.Fields), engine.Now, exchange.Asker));
        return handle;
    }

    // --- The origin did not answer, or need not

    private async Task FailAsync(Exchange exchange, ResourceHandle? known, OriginError error, CancellationToken cancel)
    {
        if (error.Party != OriginParty.Policy && TryServeOriginDown(exchange, known, error.Sentence, cancel) is { } served)
        {
            await served;
            return;
        }

        await PlainAnswer.WriteAsync(exchange.Context, error, identity);
    }

    /// <summary>Null where the client or the origin wants every request asked.</summary>
    private Task? TryServeReused(Exchange exchange, ResourceHandle known, CancellationToken cancel) =>
        known.AnswerFor(exchange.Credentials) is { } last && KeptFields.MayBeRepeated(exchange.Request.Fields, last.Headers) && last.Asker == exchange.Asker && TreeCovers(known, last)
            ? TryServeStored(exchange, known, last, "hit; detail=permit-reused", cancel)
            : null;

    /// <summary>The origin said that this very version still stands (304): that is the permit. Null if it may not be kept any longer.</summary>
    private Task? TryServeRevalidated(Exchange exchange, ResourceHandle known, OriginAnswer answer, CancellationToken cancel)
    {
        if (known.AnswerFor(exchange.Credentials) is not { } last || known.IsRetired || CacheControl.Of(answer.Fields).NoStore
            || (answer.Fields.Combined("ETag") is { } tag && EntityTag.Parse(tag)?.Opaque != known.Version.Validator?.ETag))
        {
            return null;
        }

        var renewed = last with { Permit = last.Permit with { Version = known.Version, GrantedAt = engine.Now }, Headers = KeptFields.Updated(last.Headers, answer.Fields), At = engine.Now };
        known.Grant(renewed);
        return TryServeStored(exchange, known, renewed, "fwd=stale; fwd-status=304", cancel);
    }

    /// <summary>A tree over cleartext serves what its own Link permitted, nothing else.</summary>
    private static bool TreeCovers(ResourceHandle known, PermittedAnswer last) =>
        known.Version.Authority != Authority.CleartextTree || last.Permit.LinkedInfohash == known.Version.Infohash;

    /// <summary>The origin is down: a permit of the same credentials stays good for 10 minutes (I1). Null if it does not cover this.</summary>
    private Task? TryServeOriginDown(Exchange exchange, ResourceHandle? known, string why, CancellationToken cancel)
    {
        if (known?.AnswerFor(exchange.Credentials) is not { } last || !TreeCovers(known, last) || KeptFields.ForbidStale(last.Headers)
            || !(last.Permit with { Version = known.Version }).CoversOriginDown(exchange.Credentials, engine.Now, known.LastSeen(exchange.Client, engine.Now)))
        {
            return null;
        }

        engine.Events.Publish("origin.down", $"{exchange.Target.Authority}: {why}; served on the permit of this client");
        return TryServeStored(exchange, known, last, "hit; detail=origin-down", cancel);
    }

    private Task? TryServeStored(Exchange exchange, ResourceHandle known, PermittedAnswer last, string cacheStatus, CancellationToken cancel)
    {
        var version = known.Version;
        if (PermissionPlan.ClientParts("GET", exchange.Request.Fields, version) is not { } parts)
        {
            return null;
        }

        var fields = KeptFields.Again(last, engine.Now, exchange.Asker);
        var response = exchange.Context.Response;
        if (parts.Length > 1)
        {
            var several = new MultipartByteRanges(parts, version.Length, fields.First("Content-Type"), MultipartBody.NewBoundary());
            several.Describe(fields);
            ResponseHeaders.CopyTo(response, 206, fields, several.ContentLength, "1.1", identity, ResponseFilters.For(exchange.Target));
            return ServePartsAsync(exchange, known, several, cacheStatus);
        }

        var range = parts[0];
        var ranged = exchange.Request.Fields.Has("Range");
        if (ranged)
        {
            fields.Add("Content-Range", ContentRange.Format(range, version.Length));
        }

        ResponseHeaders.CopyTo(response, ranged ? 206 : 200, fields, range.Length, "1.1", identity, ResponseFilters.For(exchange.Target));
        return ServeAsync(exchange, known, range, null, null, cacheStatus, cancel);
    }

    // --- Bytes

    private async Task PassThroughAsync(Exchange exchange, OriginAnswer answer, string reason)
    {
        using (answer)
        {
            var status = answer.Cache ?? new CacheStatus { Forward = CacheForward.Bypass, Detail = reason };
            await AnswerRelay.WriteAsync(exchange.Context, exchange.Target, origin, exchange.Request, answer, status, identity, stall);
        }
    }

    private async Task ServeAsync(
        Exchange exchange, ResourceHandle handle, ByteRange range, OriginAnswer? answer, AnswerBody? body, string cacheStatus, CancellationToken cancel)
    {
        var context = exchange.Context;
        using var span = SwarmTrace.Step(ReceiptWriter.SpanName);
        var access = new ClientOrigin(engine, origin, exchange.Request, handle, exchange.Credentials);
        await using var reader = engine.OpenReader(handle, range, access, body, exchange.Target.Authority);
        if (answer is not null)
        {
            join.Begin(handle, reader, access, answer, exchange.Target, exchange.Credentials, exchange.Client);
        }

        // L5 stands by itself; without an answer the permit's own Link was looked at before.
        reader.TreeAllowed |= handle.Version.Authority == Authority.Tree || answer is null;
        handle.ClientOpened(exchange.Client, engine.Now);
        var receipt = receipts.Begin(exchange.Url, handle, cleartext: answer?.ClearTextInChain ?? !exchange.Target.IsHttps);
        context.Response.Headers.Append("Cache-Status", $"{identity.Pseudonym}; {cacheStatus}");
        context.Response.Headers["Swarm-Receipt"] = receipt.Url;
        try
        {
            var result = await BodyPump.CopyAsync(new ReaderStream(reader), context, stall, reader.OnClientBlocked);
            receipts.End(receipt, [reader], result.End);
        }
        finally
        {
            handle.ClientClosed(exchange.Client, engine.Now);
        }
    }

    /// <summary>Several parts under a permit at hand, each read when its turn comes.</summary>
    private async Task ServePartsAsync(Exchange exchange, ResourceHandle handle, MultipartByteRanges several, string cacheStatus)
    {
        var context = exchange.Context;
        using var span = SwarmTrace.Step(ReceiptWriter.SpanName);
        var access = new ClientOrigin(engine, origin, exchange.Request, handle, exchange.Credentials);
        await using var readers = new PartReaders(handle, part =>
        {
            var reader = engine.OpenReader(handle, part, access, null, exchange.Target.Authority);
            reader.TreeAllowed = true; // the permit's own Link was looked at before
            return reader;
        });
        handle.ClientOpened(exchange.Client, engine.Now);
        var receipt = receipts.Begin(exchange.Url, handle, cleartext: !exchange.Target.IsHttps);
        context.Response.Headers.Append("Cache-Status", $"{identity.Pseudonym}; {cacheStatus}");
        context.Response.Headers["Swarm-Receipt"] = receipt.Url;
        try
        {
            await using var body = new MultipartBody(several, readers.Open);
            var result = await BodyPump.CopyAsync(body, context, stall, readers.OnClientBlocked);
            receipts.End(receipt, readers.All, result.End);
        }
        finally
        {
            handle.ClientClosed(exchange.Client, engine.Now);
        }
    }
}
