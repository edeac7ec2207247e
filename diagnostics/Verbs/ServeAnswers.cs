using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Swarm.Diagnostics.Analysis;
using Swarm.Diagnostics.Tcp;

namespace Swarm.Diagnostics.Verbs;

/// <summary>What <c>serve</c> answers: a page without data to anyone on this machine, metrics without names, and the rest to who has the token.</summary>
/// <param name="gate">Held while the watch is read: it goes on meanwhile.</param>
internal sealed class ServeAnswers(SocketWatch watch, DiagMetrics metrics, string token, Lock gate) : IDisposable
{
    /// <summary>As the node's control port takes: some minutes of a thousand connections.</summary>
    private const int RecordingBytesMax = 10 << 20;

    private const string Json = "application/json";
    private const string PageFiles = "/dashboard/";

    private static readonly BuiltPages Pages = new(typeof(ServeAnswers).Assembly);

    /// <summary>For a build without Node: what can be had all the same.</summary>
    private static readonly BuiltFile PlainPage = new(
        """
        <!doctype html><html lang="en"><meta charset="utf-8"><title>Swarm: TCP memory</title>
        <p>This program was built without Node.js, so there is no page here: <code>diag top</code> shows the same in a terminal, and <code>/api/v1/tcp</code> answers who has the token.</p>
        """u8.ToArray(), "text/html; charset=utf-8");

    private readonly OwnerBook _owners = new(watch);
    private readonly SemaphoreSlim _oneRecording = new(1);

    public void Dispose() => _oneRecording.Dispose();

    public async Task AnswerAsync(HttpListenerContext context)
    {
        try
        {
            var (status, file) = await AnswerOfAsync(context.Request);
            var response = context.Response;
            response.StatusCode = status;
            response.ContentType = file.MediaType;
            response.Headers["X-Content-Type-Options"] = "nosniff";
            response.Headers["Cache-Control"] = "no-store";
            response.Headers["Content-Security-Policy"] = BuiltPages.ContentSecurityPolicy;
            response.ContentLength64 = file.Bytes.Length;
            if (context.Request.HttpMethod != "HEAD")
            {
                await response.OutputStream.WriteAsync(file.Bytes);
            }

            response.Close();
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException or IOException)
        {
            // The client went away, or the listener was stopped.
            context.Response.Abort();
        }
    }

    private async Task<(int Status, BuiltFile File)> AnswerOfAsync(HttpListenerRequest request)
    {
        var path = request.Url?.AbsolutePath ?? "";
        return (request.HttpMethod, path) switch
        {
            ("GET" or "HEAD", "/") => (200, Pages.Find("diag.html") ?? PlainPage),
            ("GET" or "HEAD", _) when path.StartsWith(PageFiles, StringComparison.Ordinal) && Pages.Find(path[PageFiles.Length..]) is { } file => (200, file),
            ("GET" or "HEAD", "/healthz") => (200, Text("ok\n", "text/plain")),
            ("GET" or "HEAD", "/metrics") => (200, Text(Locked(() => metrics.Text(watch)), "text/plain; version=0.0.4; charset=utf-8")),
            ("GET" or "HEAD", "/api/v1/tcp") or ("POST", "/api/v1/tcp/recording") when !IsAllowed(request) => Problem(401, "The token is missing or wrong"),
            ("GET" or "HEAD", "/api/v1/tcp") => LimitOf(request) is { } limit ? (200, Text(Locked(() => Connections(limit)), Json)) : Problem(422, "limit is no number"),
            ("POST", "/api/v1/tcp/recording") => await JudgeAsync(request),
            ("GET" or "HEAD", _) => Problem(404, "There is a page at /, and /api/v1/tcp, /metrics and /healthz"),
            _ => Problem(405, "It only reads"),
        };
    }

    private string Connections(int limit)
    {
        var order = Subjects.Orders[0];
        var largest = Subjects.Of(watch.Analyser, SocketFilter.All, order, static _ => null).Take(limit).Select(static s => s.Track).ToList();
        // Each connection's program is looked for once, and only of those that are shown: all of a busy server's would cost more than its sweeps.
        if (limit != int.MaxValue)
        {
            _owners.Learn(largest);
        }

        var shown = Subjects.Of(watch.Analyser, SocketFilter.All, order, _owners.Of).Take(limit);
        return DiagJson.Top(watch, shown, watch.FindingsWithOwners(), metrics.WriteCollapses);
    }

    private async Task<(int Status, BuiltFile File)> JudgeAsync(HttpListenerRequest request)
    {
        using var recorded = new MemoryStream();
        var buffer = new byte[64 << 10];
        while (await request.InputStream.ReadAsync(buffer) is > 0 and var n)
        {
            if (recorded.Length + n > RecordingBytesMax)
            {
                return Problem(413, "The recording is too long for a page; diag explain FILE takes any");
            }

            recorded.Write(buffer, 0, n);
        }

        // One at a time: it is seconds of a core at most, and a page asks for one.
        await _oneRecording.WaitAsync();
        try
        {
            recorded.Position = 0;
            string? problem = null;
            var judged = await Task.Run(() => RecordingReport.Json(recorded, out problem));
            return judged is null ? Problem(422, $"{problem}. Make one with: diag record FILE") : (200, new BuiltFile(judged, Json));
        }
        finally
        {
            _oneRecording.Release();
        }
    }

    /// <summary>Null where it is none.</summary>
    private static int? LimitOf(HttpListenerRequest request) =>
        request.QueryString["limit"] is not { } text ? int.MaxValue
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit
        : null;

    private string Locked(Func<string> make)
    {
        lock (gate)
        {
            return make();
        }
    }

    private bool IsAllowed(HttpListenerRequest request) =>
        CryptographicOperations.FixedTimeEquals(
            Encoding.UTF8.GetBytes(request.Headers["Authorization"] ?? ""), Encoding.UTF8.GetBytes("Bearer " + token));

    private static BuiltFile Text(string text, string type) => new(Encoding.UTF8.GetBytes(text), type);

    private static (int, BuiltFile) Problem(int status, string title) =>
        (status, Text($$"""{"title":"{{System.Text.Json.JsonEncodedText.Encode(title)}}","status":{{status}}}""" + "\n", "application/problem+json"));
}
