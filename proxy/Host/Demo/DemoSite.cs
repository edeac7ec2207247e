using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Swarm.Core;
using Swarm.Http;
using Swarm.Proxy.Front;

namespace Swarm.Proxy.Demo;

/// <summary>
/// The demo's origin server on loopback: the film over a pipe that is too thin for it, its torrent in a Link, a page that plays it, and
/// what the page shows of the node that delivers, and may do to the swarm.
/// </summary>
internal sealed class DemoSite : IAsyncDisposable
{
    private const int WriteBytes = 8 << 10;
    private const int MaxBodyBytes = 4 << 10;
    private const string Nonce = "@NONCE@";

    private readonly WebApplication _app;
    private readonly DemoFilm _film;
    private readonly byte[] _metafile;
    private readonly string _tag;
    private readonly string _page;
    private long _sent;

    private DemoSite(WebApplication app, DemoFilm film, byte[] metafile, double bytesPerSecond, string page)
    {
        (_app, _film, _metafile, _page) = (app, film, metafile, page);
        _tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(film.Bytes))[..16]}\"";
        Pipe = new(bytesPerSecond, TimeProvider.System);
    }

    public string Url { get; private set; } = "";

    public string FilmUrl => Url + "/film.mp4";

    /// <summary>Bytes of the film that this server sent.</summary>
    public long SentBytes => Volatile.Read(ref _sent);

    /// <summary>Where the page's player reads the film: set before anyone opens the page.</summary>
    public Func<string?> PlayerUrl { get; set; } = static () => null;

    /// <summary>What all answers of the film share.</summary>
    public SlowPipe Pipe { get; }

    /// <summary>What the page shows; null until everything runs.</summary>
    public Func<DemoStatus?> Status { get; set; } = static () => null;

    /// <summary>Told where the page's player stands.</summary>
    public Action<DemoPlayer> Player { get; set; } = static _ => { };

    /// <summary>Does what a button says, and says what to see; null where there is no such thing to do.</summary>
    public Func<string, CancellationToken, Task<string?>> Act { get; set; } = static (_, _) => Task.FromResult<string?>(null);

    /// <summary>Who presses a button shows it: the page has it from its fragment, other pages and other users of the machine do not.</summary>
    public string? Token { get; set; }

    public static async Task<DemoSite> StartAsync(DemoFilm film, byte[] metafile, double bytesPerSecond, string page, CancellationToken cancellation)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
            kestrel.Limits.MinResponseDataRate = null; // it is slow on purpose, and a paused player takes nothing
            kestrel.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        });
        var app = builder.Build();
        var site = new DemoSite(app, film, metafile, bytesPerSecond, page);
        app.Run(site.HandleAsync);
        await app.StartAsync(cancellation);
        site.Url = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First();
        return site;
    }

    public async ValueTask DisposeAsync()
    {
        using var grace = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(grace.Token);
        await _app.DisposeAsync();
    }

    private Task HandleAsync(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "";
        if (HttpMethods.IsPost(context.Request.Method))
        {
            return PostAsync(context, path);
        }

        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            return PlainAnswer.WriteAsync(context, 405, "Only GET, HEAD and POST work here.");
        }

        return path switch
        {
            "/film.mp4" => FilmAsync(context),
            "/film.mp4.torrent" => BytesAsync(context, _metafile, "application/x-bittorrent"),
            "/status" when Status() is { } status => BytesAsync(context, JsonSerializer.SerializeToUtf8Bytes(status, DemoJson.Default.DemoStatus), "application/json"),
            "/" => PageAsync(context),
            _ => PlainAnswer.WriteAsync(context, 404, "The demo has a page at / and a film at /film.mp4."),
        };
    }

    /// <summary>A page of another site can send neither the header nor the token, and a rebound name has another Host.</summary>
    private async Task PostAsync(HttpContext context, string path)
    {
        var request = context.Request;
        if (request.Headers["X-Swarm"] != "1" || request.Host.Value != new Uri(Url).Authority)
        {
            await PlainAnswer.WriteAsync(context, 403, "This is for the demo's own page.");
            return;
        }

        if (path == "/player")
        {
            await PlayerAsync(context);
            return;
        }

        if (Token is not { } token || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(request.Headers.Authorization.ToString()), Encoding.UTF8.GetBytes("Bearer " + token)))
        {
            await PlainAnswer.WriteAsync(context, 401, "Open the address that the demo printed: the buttons need what stands after its #.");
            return;
        }

        var said = path.StartsWith("/tour/", StringComparison.Ordinal) ? await Act(path["/tour/".Length..], context.RequestAborted) : null;
        await (said is null ? PlainAnswer.WriteAsync(context, 404, "There is nothing of this name to do.") : BytesAsync(context, Encoding.UTF8.GetBytes(said), "text/plain; charset=utf-8"));
    }

    private async Task PlayerAsync(HttpContext context)
    {
        DemoPlayer? said = null;
        try
        {
            said = await JsonSerializer.DeserializeAsync(context.Request.Body, DemoJson.Default.DemoPlayer, context.RequestAborted);
        }
        catch (Exception e) when (e is JsonException or BadHttpRequestException)
        {
            // Nothing that can be read is nothing said.
        }

        if (said is not null)
        {
            Player(said);
        }

        context.Response.StatusCode = said is null ? StatusCodes.Status400BadRequest : StatusCodes.Status204NoContent;
    }

    private async Task FilmAsync(HttpContext context)
    {
        var body = PlannedResponse.Begin(context, new Representation(_film.Bytes.Length, EntityTag.Parse(_tag)), "video/mp4", DateTimeOffset.UtcNow);
        var response = context.Response;
        response.Headers.Link = "</film.mp4.torrent>; rel=describedby; type=\"application/x-bittorrent\"";
        for (var i = 0; i < body.Ranges.Length; i++)
        {
            await response.Body.WriteAsync(body.Multipart?.Head(i) ?? default, context.RequestAborted);
            await SendAsync(context, body.Ranges[i]);
        }

        await response.Body.WriteAsync(body.Multipart?.End ?? default, context.RequestAborted);
    }

    private async Task SendAsync(HttpContext context, ByteRange part)
    {
        for (var at = part.Offset; at < part.End;)
        {
            var n = (int)Math.Min(WriteBytes, part.End - at);
            await Pipe.PassAsync(n, context.RequestAborted);
            await context.Response.Body.WriteAsync(_film.Bytes.AsMemory((int)at, n), context.RequestAborted);
            Interlocked.Add(ref _sent, n);
            at += n;
        }
    }

    private Task PageAsync(HttpContext context)
    {
        var nonce = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        context.Response.Headers.ContentSecurityPolicy =
            $"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; media-src http://127.0.0.1:*; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        var page = _page.Replace(Nonce, nonce, StringComparison.Ordinal).Replace("@FILM@", PlayerUrl() ?? "/film.mp4", StringComparison.Ordinal);
        return BytesAsync(context, Encoding.UTF8.GetBytes(page), "text/html; charset=utf-8");
    }

    private static async Task BytesAsync(HttpContext context, byte[] bytes, string mediaType)
    {
        context.Response.ContentType = mediaType;
        context.Response.ContentLength = bytes.Length;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
        }
    }
}
