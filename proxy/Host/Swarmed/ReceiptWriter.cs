using System.Diagnostics;
using System.Security.Cryptography;
using Swarm.Core;
using Swarm.Engine;
using Swarm.Engine.Metrics;
using Swarm.Engine.Receipts;
using Swarm.Engine.Tracing;
using Swarm.Proxy.Pump;

namespace Swarm.Proxy.Swarmed;

/// <summary>Writes what a finished response was made of: the receipt and the metrics; the log line follows the receipt.</summary>
internal sealed class ReceiptWriter(SwarmEngine engine, ReceiptStore store, SwarmMetrics metrics, string controlUrl, TimeProvider time)
{
    /// <summary>The span of a delivery: from the opened reader to its receipt.</summary>
    public const string SpanName = "deliver";

    /// <summary>A receipt under way.</summary>
    internal sealed record Open(string Id, string ResourceUrl, string Url, ResourceHandle Handle, bool Cleartext, DateTimeOffset StartedAt, long DuplicatesBefore, long RejectedBefore);

    /// <param name="cleartext">Some hop of the origin's answer was plain http.</param>
    public Open Begin(string resourceUrl, ResourceHandle handle, bool cleartext)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        return new(id, resourceUrl, $"{controlUrl}/api/v1/receipts/{id}", handle, cleartext, time.GetUtcNow(), handle.Content.DuplicateBytes, handle.Content.RejectedBytes);
    }

    /// <param name="readers">Of this answer: one for each part of it that was begun.</param>
    public void End(Open open, IReadOnlyList<ResourceReader> readers, PumpEnd end)
    {
        var version = open.Handle.Version;
        var sources = new List<ReceiptSource>();
        var byKind = new long[5];
        var released = readers.SelectMany(r => r.Released).GroupBy(r => r.Source).ToDictionary(r => r.Key, r => r.Sum(part => part.Bytes));
        foreach (var (id, bytes) in released.OrderByDescending(r => r.Value))
        {
            var record = engine.Sources.Find(id);
            var kind = record?.Kind ?? SourceKind.Store;
            byKind[(int)kind] += bytes;
            sources.Add(Source(record, kind, bytes));
        }

        // Whoever was banned meanwhile belongs in the receipt even if no byte of theirs left.
        sources.AddRange(engine.BlamedSources(open.Handle)
            .Where(r => !released.ContainsKey(r.Id) && r.Blames.Any(b => b.At >= open.StartedAt))
            .Select(r => Source(r, r.Kind, 0)));

        var finished = time.GetUtcNow();
        var stalls = readers.Sum(r => r.Stalls.Count);
        var view = new ReceiptView(
            open.Id,
            open.ResourceUrl,
            new(version.Validator?.ToString(), version.Length, version.Infohash),
            readers.Sum(r => r.Position - r.Range.Offset),
            new(byKind[0], byKind[1], byKind[2], byKind[3], byKind[4]),
            readers.Sum(r => r.VerifiedBytes),
            version.Authority.Label(),
            open.Cleartext || version.Authority == Authority.CleartextTree,
            open.Handle.Content.DuplicateBytes - open.DuplicatesBefore,
            open.Handle.Content.RejectedBytes - open.RejectedBefore,
            sources,
            new(open.StartedAt, finished, readers.Count == 0 ? null : readers[0].FirstByteAfter?.TotalMilliseconds, (finished - open.StartedAt).TotalMilliseconds),
            new(stalls, readers.Sum(r => r.Stalls.Total.TotalMilliseconds)),
            end switch
            {
                PumpEnd.Complete => ReceiptOutcome.Complete,
                PumpEnd.ClientGone => ReceiptOutcome.ClientGone,
                _ => open.Handle.IsRetired || readers.Any(r => r.OriginError is { Failure: FetchFailure.Changed }) ? ReceiptOutcome.VersionChanged : ReceiptOutcome.SourcesFailed,
            });
        metrics.AddSentToClient(view.TotalBytes);
        for (var i = 0; i < stalls; i++)
        {
            metrics.AddStall();
        }

        store.Add(view);
        if (SwarmTrace.Current is { } span)
        {
            Describe(span, view);
        }
    }

    private static void Describe(Activity span, ReceiptView view)
    {
        span.SetTag("swarm.receipt", view.Id);
        span.SetTag("swarm.outcome", view.Outcome.ToString());
        span.SetTag("swarm.authority", view.Authority);
        span.SetTag("swarm.bytes", view.TotalBytes);
        span.SetTag("swarm.bytes.origin", view.BytesBySource.Origin);
        span.SetTag("swarm.bytes.peer", view.BytesBySource.Peer);
        span.SetTag("swarm.bytes.store", view.BytesBySource.Store);
        span.SetTag("swarm.stalls", view.Stalls.Count);
        span.SetTag("swarm.first_byte_ms", view.Timings.TtfbMs);
    }

    private static ReceiptSource Source(SourceRecord? record, SourceKind kind, long bytes) => new(
        kind.Label(),
        record?.Address,
        record?.ClientName,
        bytes,
        [.. (record?.Blames ?? []).Select(b => new ReceiptBlame(b.Block, b.Reason, b.At))],
        record?.Banned ?? false);
}
