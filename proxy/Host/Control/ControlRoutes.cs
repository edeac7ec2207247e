using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Swarm.Diagnostics.Verbs;
using Swarm.Proxy.Observability;

namespace Swarm.Proxy.Control;

/// <summary>The routes of the control listener; <c>openapi.json</c> describes them and a test compares the two.</summary>
internal static class ControlRoutes
{
    private const int DefaultReceipts = 100;
    private const int DefaultCells = 600;
    private const int MaxCells = 4096;
    private static readonly SemaphoreSlim OneRecording = new(1);
    private const string TorrentMediaType = "application/x-bittorrent";

    public static void Map(IEndpointRouteBuilder routes, ControlOptions options, Telemetry telemetry, CancellationToken stopping)
    {
        var node = options.Node;
        var streams = new EventStream(node, options.Time, stopping);

        Get("/", Dashboard.IsBuilt ? Dashboard.WriteIndexAsync : StatusPage.WriteAsync).WithMetadata(OpenRoute.Mark);
        Get("/plain", StatusPage.WriteAsync).WithMetadata(OpenRoute.Mark);
        Get("/dashboard/{file}", Dashboard.WriteFileAsync).WithMetadata(OpenRoute.Mark);
        Get("/healthz", context => Respond.BytesAsync(context, "ok\n"u8.ToArray(), "text/plain")).WithMetadata(OpenRoute.Mark);
        Get("/proxy.pac", context => node.ProxyPac() is { } pac ? Respond.BytesAsync(context, Encoding.UTF8.GetBytes(pac), ProxyPac.MediaType) : StartingAsync(context)).WithMetadata(OpenRoute.Mark);
        Get("/metrics", context => MetricsAsync(context, telemetry, node.Tcp)).WithMetadata(OpenRoute.Mark);
        Get("/api/v1/openapi.json", context => Respond.BytesAsync(context, OpenApi.Document, "application/json"));
        Get("/api/v1/status", context => node.Status() is { } status
            ? Respond.JsonAsync(context, status, ControlJson.Default.StatusView) : StartingAsync(context));
        Get("/api/v1/resources", context => node.View is { } view
            ? Respond.JsonAsync(context, view.Resources(), ControlJson.Default.IReadOnlyListResourceView) : StartingAsync(context));
        Get("/api/v1/resources/{id}/flow", context => FlowAsync(context, node));
        Get("/api/v1/peers", context => node.View is { } view
            ? Respond.JsonAsync(context, view.Peers(), ControlJson.Default.IReadOnlyListPeerView) : StartingAsync(context));
        Get("/api/v1/tcp", context => Respond.BytesAsync(context, node.Tcp.Json(), "application/json"));
        Get("/api/v1/torrents", context => node.View is { } view
            ? Respond.JsonAsync(context, view.Torrents(), ControlJson.Default.IReadOnlyListTorrentView) : StartingAsync(context));
        Get("/api/v1/receipts", context => ReceiptsAsync(context, node));
        Get("/api/v1/receipts/{id}", context => ReceiptAsync(context, node));
        Get("/api/v1/events", streams.RunAsync);
        routes.MapPost("/api/v1/torrents", new RequestDelegate(context => AddTorrentAsync(context, node)));
        routes.MapPost("/api/v1/torrents/{infohash}/pause", Act(TorrentAction.Pause));
        routes.MapPost("/api/v1/torrents/{infohash}/resume", Act(TorrentAction.Resume));
        routes.MapPost("/api/v1/torrents/{infohash}/recheck", Act(TorrentAction.Recheck));
        routes.MapDelete("/api/v1/torrents/{infohash}", Act(TorrentAction.Remove));

        routes.MapPost("/api/v1/tcp/recording", new RequestDelegate(RecordingAsync));
        routes.MapPost("/api/v1/share", new RequestDelegate(context => ShareAsync(context, node)));
        routes.MapPost("/api/v1/capabilities", new RequestDelegate(context => CapabilityAsync(context, node)));

        routes.MapPost("/api/v1/playhead", new RequestDelegate(context => PlayheadAsync(context, node)));

        RequestDelegate Act(TorrentAction action) => context => ActAsync(context, node, action);

        routes.MapDelete("/api/v1/cache", new RequestDelegate(context => PurgeAsync(context, node)));

        IEndpointConventionBuilder Get(string path, RequestDelegate handle) => routes.MapMethods(path, ["GET", "HEAD"], handle);
    }

    private static Task StartingAsync(HttpContext context)
    {
        context.Response.Headers.RetryAfter = "1";
        return Respond.ProblemAsync(context, Problem.Of(503, "starting", "Not ready yet", "The node is starting; ask again in a second."));
    }

    private static Task MetricsAsync(HttpContext context, Telemetry telemetry, TcpView tcp) => telemetry.Scrape() is { } text
        ? Respond.BytesAsync(context, Encoding.UTF8.GetBytes(text + tcp.Metrics()), PrometheusText.MediaType)
        : Respond.ProblemAsync(context, Problem.Of(503, "metrics", "Metrics not collected", "The metrics could not be collected in time; scrape again."));

    private static Task FlowAsync(HttpContext context, NodeFacts node)
    {
        var cells = DefaultCells;
        var text = context.Request.Query["cells"].ToString();
        if (text.Length > 0 && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out cells) || cells is < 1 or > MaxCells))
        {
            return Respond.ProblemAsync(context, Problem.Of(400, "cells", "Not a number of cells", $"cells must be a whole number, 1 to {MaxCells}."));
        }

        if (node.View is not { } view)
        {
            return StartingAsync(context);
        }

        return view.Flow((string?)context.Request.RouteValues["id"] ?? "", cells) is { } flow
            ? Respond.JsonAsync(context, flow, ControlJson.Default.FlowView)
            : Respond.ProblemAsync(context, Problem.Of(404, "resource", "No such resource", "/api/v1/resources lists the ids of those that are open or kept."));
    }

    private static Task ReceiptsAsync(HttpContext context, NodeFacts node)
    {
        var limit = DefaultReceipts;
        var text = context.Request.Query["limit"].ToString();
        if (text.Length > 0 && !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit))
        {
            return Respond.ProblemAsync(context, Problem.Of(400, "limit", "Not a number", "limit must be a whole number of receipts, 0 to 1000."));
        }

        return Respond.JsonAsync(context, node.Receipts.Recent(limit), ControlJson.Default.IReadOnlyListReceiptView);
    }

    private static Task ReceiptAsync(HttpContext context, NodeFacts node) =>
        node.Receipts.Find((string?)context.Request.RouteValues["id"] ?? "") is { } receipt
            ? Respond.JsonAsync(context, receipt, ControlJson.Default.ReceiptView)
            : Respond.ProblemAsync(context, Problem.Of(404, "receipt", "No such receipt", "The last 1000 receipts are kept here; receipts.jsonl in the state folder has older ones."));

    private static Task PurgeAsync(HttpContext context, NodeFacts node)
    {
        var url = context.Request.Query["url"];
        return node.View is not { } view ? StartingAsync(context)
            : url.Count > 1 ? Respond.ProblemAsync(context, Problem.Of(400, "url", "More than one URL", "Purge one URL at a time, or leave it out for all."))
            : Respond.JsonAsync(context, new PurgeResult(view.PurgeCache(url.Count == 0 ? null : url.ToString())), ControlJson.Default.PurgeResult);
    }

    private static async Task AddTorrentAsync(HttpContext context, NodeFacts node)
    {
        if (!string.Equals(context.Request.ContentType, TorrentMediaType, StringComparison.OrdinalIgnoreCase))
        {
            await Respond.ProblemAsync(context, Problem.Of(415, "media-type", "Wrong media type",
                $"Send the bytes of a .torrent file as Content-Type: {TorrentMediaType}."));
            return;
        }

        if (node.View is not { } view)
        {
            await StartingAsync(context);
            return;
        }

        if (await BodyAsync(context) is not { } metainfo)
        {
            return;
        }

        // What a download needs for its own time is not remembered.
        var keep = context.Request.Query["keep"].ToString() != "false";
        var path = context.Request.Query["path"].ToString();
        var result = await view.AddTorrentAsync(metainfo, keep, path.Length > 0 ? path : null, context.RequestAborted);
        await (result.Torrent is { } torrent
            ? Respond.JsonAsync(context, torrent, ControlJson.Default.TorrentView, result.Known ? StatusCodes.Status200OK : StatusCodes.Status201Created)
            : Respond.ProblemAsync(context, Problem.Of(422, "torrent", "Not added", result.Problem ?? "The file is not a torrent.")));
    }

    private static async Task ActAsync(HttpContext context, NodeFacts node, TorrentAction action)
    {
        if (node.View is not { } view)
        {
            await StartingAsync(context);
            return;
        }

        var result = await view.ActAsync((string?)context.Request.RouteValues["infohash"] ?? "", action, context.RequestAborted);
        await (result is null ? Respond.ProblemAsync(context, Problem.Of(404, "torrent", "No such torrent", "The node has no torrent of this infohash; GET /api/v1/torrents lists those it has."))
            : result.Torrent is { } torrent ? Respond.JsonAsync(context, torrent, ControlJson.Default.TorrentView)
            : Respond.ProblemAsync(context, Problem.Of(500, "torrent", "Not done", result.Problem ?? "It could not be done.")));
    }

    private static async Task RecordingAsync(HttpContext context)
    {
        if (await BodyAsync(context) is not { } recording)
        {
            return;
        }

        // One at a time: it is seconds of a core at most, and a page asks for one.
        await OneRecording.WaitAsync(context.RequestAborted);
        try
        {
            string? problem = null;
            var judged = await Task.Run(() => RecordingReport.Json(new MemoryStream(recording, writable: false), out problem), context.RequestAborted);
            await (judged is not null
                ? Respond.BytesAsync(context, judged, "application/json")
                : Respond.ProblemAsync(context, Problem.Of(422, "recording", "Not a recording", $"{problem}. Make one with: swarmstream diag record FILE.")));
        }
        finally
        {
            OneRecording.Release();
        }
    }

    private static async Task ShareAsync(HttpContext context, NodeFacts node)
    {
        if (node.View is not { } view)
        {
            await StartingAsync(context);
            return;
        }

        var wish = await JsonOfAsync(context, ControlJson.Default.ShareRequest);
        await DoneOrAsync(context, view.Share(wish?.Share ?? ""), "share");
    }

    private static Task DoneOrAsync(HttpContext context, string? problem, string type)
    {
        if (problem is not null)
        {
            return Respond.ProblemAsync(context, Problem.Of(422, type, "Not taken", problem));
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    /// <summary>The body as JSON; null when it is none.</summary>
    private static async Task<T?> JsonOfAsync<T>(HttpContext context, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return context.Request.HasJsonContentType() ? await JsonSerializer.DeserializeAsync(context.Request.Body, type, context.RequestAborted) : null;
        }
        catch (Exception e) when (e is JsonException or BadHttpRequestException)
        {
            // Nothing that can be read: the sentence of the caller says what to send.
            return null;
        }
    }

    /// <summary>The whole body; null after a problem was answered.</summary>
    private static async Task<byte[]?> BodyAsync(HttpContext context)
    {
        try
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            return body.ToArray();
        }
        catch (BadHttpRequestException e)
        {
            await Respond.ProblemAsync(context, e.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? Problem.TooLarge(ControlOptions.BodyLimitBytes)
                : Problem.Of(400, "body", "Body cut short", "The body ended before its announced length."));
            return null;
        }
    }

    private static async Task CapabilityAsync(HttpContext context, NodeFacts node)
    {
        if (node.View is not { } view)
        {
            await StartingAsync(context);
            return;
        }

        var request = await JsonOfAsync(context, ControlJson.Default.CapabilityRequest);
        var (capability, problem) = view.IssueCapability(request ?? new());
        await (capability is not null
            ? Respond.JsonAsync(context, capability, ControlJson.Default.CapabilityView, StatusCodes.Status201Created)
            : Respond.ProblemAsync(context, Problem.Of(422, "capability", "No capability", problem ?? "It could not be given.")));
    }

    private static async Task PlayheadAsync(HttpContext context, NodeFacts node)
    {
        if (node.View is not { } view)
        {
            await StartingAsync(context);
            return;
        }

        var told = await JsonOfAsync(context, ControlJson.Default.PlayheadReport) ?? new();
        if (told.Problem is { } problem)
        {
            await Respond.ProblemAsync(context, Problem.Of(422, "playhead", "Not a playhead", problem));
        }
        else if (view.TellPlayhead(told))
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
        else
        {
            await Respond.ProblemAsync(context, Problem.Of(404, "resource", "Nothing open", "No response is open under this URL now; /api/v1/resources lists those that are."));
        }
    }
}
