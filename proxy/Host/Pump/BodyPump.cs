using System.IO.Pipelines;
using Swarm.Engine.Tracing;
using Swarm.Proxy.Front;

namespace Swarm.Proxy.Pump;

/// <summary>
/// Moves a body from a stream into a response, byte for byte, at the client's pace: one buffer is filled straight
/// into the connection's pipe, and nothing is read ahead while the client does not take it.
/// </summary>
public static class BodyPump
{
    /// <summary>64 KiB: within 3 % of larger ones for pass-through on loopback, and small enough for many paused players.</summary>
    public const int BufferBytes = 64 * 1024;

    /// <summary>Pumps to the end. When the source breaks the client is reset, so that a truncated body never ends cleanly.</summary>
    public static async ValueTask<PumpResult> CopyAsync(Stream source, HttpContext context, StallRule stall, Action<bool>? clientBlocked = null)
    {
        using var span = SwarmTrace.Step("send");
        var result = await TryCopyAsync(source, context, stall, clientBlocked).ConfigureAwait(false);
        span?.SetTag("swarm.bytes", result.Bytes);
        span?.SetTag("swarm.send.end", result.End.ToString());
        if (result.End == PumpEnd.SourceFailed)
        {
            context.Abort();
        }

        return result;
    }

    /// <summary>Pumps until the source ends or breaks and leaves the response open; the caller resumes from another source or aborts.</summary>
    public static async ValueTask<PumpResult> TryCopyAsync(Stream source, HttpContext context, StallRule stall, Action<bool>? clientBlocked = null)
    {
        var gone = context.RequestAborted;
        var written = 0L;
        var announced = context.Response.ContentLength ?? long.MaxValue;
        var counted = context.Features.Get<SentBytes>();
        using var watch = stall.Watch(context);
        try
        {
            await context.Response.StartAsync(gone).ConfigureAwait(false);
            var writer = context.Response.BodyWriter;

            // Header and first bytes leave in one segment when both are there; a header never waits for a slow body.
            var first = source.ReadAsync(Memory<byte>.Empty, gone);
            if (!first.IsCompleted && !await FlushAsync(writer, watch, clientBlocked, gone).ConfigureAwait(false))
            {
                await Settle(first).ConfigureAwait(false);
                return new PumpResult(written, PumpEnd.ClientGone);
            }

            await first.ConfigureAwait(false);
            while (true)
            {
                // No more than is to come: a small body then lies behind its head in the same memory, and both leave by one plain send.
                var buffer = writer.GetMemory((int)Math.Clamp(announced - written, 1, BufferBytes));
                var count = await source.ReadAsync(buffer, gone).ConfigureAwait(false);
                if (count == 0)
                {
                    return new PumpResult(written, PumpEnd.Complete);
                }

                writer.Advance(count);
                if (!await FlushAsync(writer, watch, clientBlocked, gone).ConfigureAwait(false))
                {
                    return new PumpResult(written, PumpEnd.ClientGone);
                }

                written += count;
                if (counted is not null)
                {
                    counted.Count += count;
                }
            }
        }
        catch (OperationCanceledException)
        {
            return new PumpResult(written, PumpEnd.ClientGone);
        }
        catch (Exception e) when (e is IOException or HttpRequestException or ObjectDisposedException)
        {
            return new PumpResult(written, gone.IsCancellationRequested ? PumpEnd.ClientGone : PumpEnd.SourceFailed);
        }
    }

    private static async ValueTask<bool> FlushAsync(PipeWriter writer, StallWatch watch, Action<bool>? clientBlocked, CancellationToken gone)
    {
        var flush = writer.FlushAsync(gone);
        FlushResult result;
        if (flush.IsCompletedSuccessfully)
        {
            result = flush.Result;
        }
        else
        {
            watch.Arm();
            clientBlocked?.Invoke(true);
            result = await flush.ConfigureAwait(false);
            clientBlocked?.Invoke(false);
            watch.Disarm();
        }

        return !result.IsCompleted && !result.IsCanceled && !gone.IsCancellationRequested;
    }

    private static async ValueTask Settle(ValueTask<int> read)
    {
        try
        {
            await read.ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException)
        {
            // The client left first; how the source ended no longer matters.
        }
    }
}
