using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>
/// Announces and scrapes over HTTP (BEP 3, 48). Every connection, redirects included, is made by the dialer it is given, so that one policy
/// sees every target; nothing of a framework's own proxying, cookies or redirecting is used.
/// </summary>
public sealed class HttpTracker : ITracker, IDisposable
{
    /// <summary>4096 peers take 72 KiB; a public tracker's longest answers are below 100.</summary>
    public const int MaxAnswerBytes = 1 << 20;

    public const int MaxRedirects = 3;

    /// <summary>From the dial to the last byte. libtorrent waits 30 s for a whole announce, 10 for its bytes.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    private readonly HttpMessageInvoker _http;
    private readonly TimeProvider _time;

    /// <param name="dial">Connects to a host, or throws with a sentence why not. The stream is owned by this class.</param>
    public HttpTracker(Func<DnsEndPoint, CancellationToken, ValueTask<Stream>> dial, TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = (context, cancel) => dial(context.DnsEndPoint, cancel),
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            // Announces are minutes apart: a kept connection would only be a socket that the policy saw long ago.
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionLifetime = TimeSpan.FromMinutes(1),
            MaxResponseHeadersLength = 32,
            MaxResponseDrainSize = 0,
        });
    }

    public async Task<TrackerResult> AnnounceAsync(Uri url, TrackerAnnounce announce, CancellationToken cancel)
    {
        if (!IsHttp(url) || !Uri.TryCreate(announce.ToUrl(url.AbsoluteUri), UriKind.Absolute, out var target))
        {
            return TrackerResult.Failed(TrackerStage.Url, $"{url.Scheme} is not a scheme of an HTTP tracker; use http or https");
        }

        var (body, status, error) = await GetAsync(url, target, cancel).ConfigureAwait(false);
        return error is null ? Read(url, body, status) : new(null, error);
    }

    /// <summary>Asks for the counts of torrents without announcing them (BEP 48).</summary>
    public async Task<ScrapeResult> ScrapeAsync(Uri url, IReadOnlyList<ReadOnlyMemory<byte>> infoHashes, CancellationToken cancel)
    {
        if (!IsHttp(url) || Bep48Scrape.ToUrl(url.AbsoluteUri, infoHashes) is not { } text || !Uri.TryCreate(text, UriKind.Absolute, out var target))
        {
            return ScrapeResult.Failed(TrackerStage.Url, $"{url.Host} cannot be scraped: the last part of its URL does not begin with 'announce'");
        }

        var (body, status, error) = await GetAsync(url, target, cancel).ConfigureAwait(false);
        if (error is not null)
        {
            return new(null, error);
        }

        if (Bep48Scrape.TryParse(body, infoHashes, out var counts, out var problem))
        {
            return new(counts, null);
        }

        return status == HttpStatusCode.OK
            ? ScrapeResult.Failed(TrackerStage.Answer, $"{url.Host}: {problem}")
            : ScrapeResult.Failed(TrackerStage.Status, $"{url.Host} answers with status {(int)status}");
    }

    public void Dispose() => _http.Dispose();

    private async Task<Fetched> GetAsync(Uri url, Uri target, CancellationToken cancel)
    {
        using var patience = new CancellationTokenSource(Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancel);
        try
        {
            return await FollowAsync(url, target, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return Fetched.Failed(TrackerStage.Transfer, $"{url.Host} did not answer within {Timeout.TotalSeconds:F0} s");
        }
        catch (HttpRequestException e)
        {
            var connecting = e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError;
            return Fetched.Failed(connecting ? TrackerStage.Connect : TrackerStage.Transfer, $"{url.Host}: {(e.InnerException ?? e).Message}");
        }
        catch (IOException e)
        {
            return Fetched.Failed(TrackerStage.Transfer, $"{url.Host}: {e.Message}");
        }
    }

    private async Task<Fetched> FollowAsync(Uri url, Uri target, CancellationToken cancel)
    {
        for (var redirects = 0; ; redirects++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, target) { Version = HttpVersion.Version11 };
            request.Headers.UserAgent.Add(new ProductInfoHeaderValue("Swarm", "0.1"));
            using var response = await _http.SendAsync(request, cancel).ConfigureAwait(false);
            if (!IsRedirect(response.StatusCode))
            {
                return await ReadBodyAsync(response, cancel).ConfigureAwait(false) is { } body
                    ? new(body, response.StatusCode, null)
                    : Fetched.Failed(TrackerStage.Answer, $"{url.Host} answers with more than {MaxAnswerBytes >> 20} MiB");
            }

            if (redirects == MaxRedirects)
            {
                return Fetched.Failed(TrackerStage.Redirect, $"{url.Host} redirects more than {MaxRedirects} times");
            }

            if (response.Headers.Location is not { } location || !Uri.TryCreate(target, location, out var next) || !IsHttp(next))
            {
                return Fetched.Failed(TrackerStage.Redirect, $"{url.Host} redirects to nowhere");
            }

            if (target.Scheme == Uri.UriSchemeHttps && next.Scheme != Uri.UriSchemeHttps)
            {
                return Fetched.Failed(TrackerStage.Redirect, $"{url.Host} redirects from https to http, which shows the torrent to everyone on the way");
            }

            target = next;
        }
    }

    private static TrackerResult Read(Uri url, byte[] body, HttpStatusCode status)
    {
        // Some trackers refuse with a status and say why in the body all the same.
        var parsed = TrackerResponse.TryParse(body, out var answer, out var error);
        if (parsed && answer!.FailureReason is { } reason)
        {
            return TrackerResult.Failed(TrackerStage.Refused, $"{url.Host}: {reason}", Math.Max(answer.IntervalSeconds, answer.MinIntervalSeconds));
        }

        if (status != HttpStatusCode.OK)
        {
            return TrackerResult.Failed(TrackerStage.Status, $"{url.Host} answers with status {(int)status}");
        }

        return parsed ? new(answer, null) : TrackerResult.Failed(TrackerStage.Answer, $"{url.Host}: {error}");
    }

    // Null if it is longer than any tracker's answer.
    private static async Task<byte[]?> ReadBodyAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        if (response.Content.Headers.ContentLength > MaxAnswerBytes)
        {
            return null;
        }

        var stream = await response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
        await using var disposal = stream.ConfigureAwait(false);
        var body = new ArrayBufferWriter<byte>(4096);
        while (true)
        {
            var n = await stream.ReadAsync(body.GetMemory(4096), cancel).ConfigureAwait(false);
            if (n == 0)
            {
                return body.WrittenSpan.ToArray();
            }

            body.Advance(n);
            if (body.WrittenCount > MaxAnswerBytes)
            {
                return null;
            }
        }
    }

    private static bool IsHttp(Uri url) => url.IsAbsoluteUri && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps);

    private static bool IsRedirect(HttpStatusCode status) =>
        status is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;

    private readonly record struct Fetched(byte[] Body, HttpStatusCode Status, TrackerError? Error)
    {
        public static Fetched Failed(TrackerStage stage, string message) => new([], default, new TrackerError(stage, message));
    }
}
