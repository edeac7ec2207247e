using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Swarm.Proxy.Control;

/// <summary>
/// <c>GET /api/v1/events</c>: a full <c>status</c> event first, then only its members that changed, three a second at most, and
/// the node's events as they happen. Read by <c>fetch</c>: EventSource cannot send the token.
/// </summary>
internal sealed class EventStream(NodeFacts node, TimeProvider time, CancellationToken stopping)
{
    private static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(15);

    private int _open;

    public async Task RunAsync(HttpContext context)
    {
        if (node.View is null || Interlocked.Increment(ref _open) > ControlOptions.EventStreamLimit)
        {
            if (node.View is not null)
            {
                Interlocked.Decrement(ref _open);
            }

            context.Response.Headers.RetryAfter = "1";
            await Respond.ProblemAsync(context, Problem.Of(503, "streams", "No stream now",
                $"The node is starting, or {ControlOptions.EventStreamLimit} event streams are open already; close one."));
            return;
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stopping, context.RequestAborted);
        try
        {
            context.Response.ContentType = "text/event-stream";
            if (!HttpMethods.IsHead(context.Request.Method))
            {
                await StreamAsync(context.Response, ending.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The client went, or the node stops: both end a stream in the ordinary way.
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    private async Task StreamAsync(HttpResponse response, CancellationToken ending)
    {
        using var subscription = node.Events.Subscribe();
        using var timer = new PeriodicTimer(ControlOptions.StatusInterval, time);
        JsonObject? last = null;
        var written = time.GetTimestamp();
        var tick = Task.FromResult(true);
        var happened = subscription.Events.WaitToReadAsync(ending).AsTask();
        while (true)
        {
            var text = new StringBuilder();
            if (tick.IsCompleted)
            {
                await tick;
                AppendStatus(text, ref last);
                tick = timer.WaitForNextTickAsync(ending).AsTask();
            }

            if (happened.IsCompleted)
            {
                AppendEvents(text, subscription.Events);
                if (!await happened)
                {
                    return;
                }

                happened = subscription.Events.WaitToReadAsync(ending).AsTask();
            }

            if (text.Length == 0 && time.GetElapsedTime(written) >= HeartbeatInterval)
            {
                text.Append(":\n\n");
            }

            if (text.Length > 0)
            {
                await response.Body.WriteAsync(Encoding.UTF8.GetBytes(text.ToString()), ending);
                await response.Body.FlushAsync(ending);
                written = time.GetTimestamp();
            }

            await Task.WhenAny(tick, happened);
        }
    }

    private void AppendStatus(StringBuilder text, ref JsonObject? last)
    {
        if (node.Status() is not { } status || JsonSerializer.SerializeToNode(status, ControlJson.Default.StatusView) is not JsonObject now)
        {
            return;
        }

        var changed = last is null ? (JsonObject)now.DeepClone() : Changes(last, now);
        // Time passing alone is no news.
        if (last is null || changed.Any(member => member.Key != "uptime_ms"))
        {
            Append(text, "status", changed.ToJsonString());
            last = now;
        }
    }

    /// <summary>The members of <paramref name="now"/> that are not as they were.</summary>
    internal static JsonObject Changes(JsonObject last, JsonObject now)
    {
        var changed = new JsonObject();
        foreach (var (name, value) in now)
        {
            if (!JsonNode.DeepEquals(last[name], value))
            {
                changed[name] = value?.DeepClone();
            }
        }

        return changed;
    }

    private static void AppendEvents(StringBuilder text, ChannelReader<NodeEvent> events)
    {
        while (events.TryRead(out var one))
        {
            Append(text, one.Type, JsonSerializer.Serialize(one, ControlJson.Default.NodeEvent));
        }
    }

    /// <summary>JSON has no raw line breaks, so one data line holds it.</summary>
    private static void Append(StringBuilder text, string name, string json) =>
        text.Append("event: ").Append(name).Append("\ndata: ").Append(json).Append("\n\n");
}
