using System.Globalization;
using System.Net;

namespace Swarm.Proxy.Seeding;

/// <summary>
/// Asks the site for the first file that is published, as a visitor's client will: a wrong <c>--web-seed</c> is said, for it is in every torrent. It is said only, as
/// a server may not reach its own public name.
/// </summary>
internal sealed class WebSeedLook(ISiteReport next, HttpMessageInvoker http, TimeProvider time, CancellationToken stop) : ISiteReport
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private int _hasLooked;

    /// <summary>Over once the first file was asked for, whatever came of it.</summary>
    public Task Looking { get; private set; } = Task.CompletedTask;

    public void Published(SiteFile file)
    {
        next.Published(file);
        if (file.Url is { } url && Interlocked.Exchange(ref _hasLooked, 1) == 0)
        {
            Looking = Task.Run(() => LookAsync(url, file.Torrent.TotalLength), CancellationToken.None);
        }
    }

    public void Retired(string path, string why) => next.Retired(path, why);

    public void Said(string sentence) => next.Said(sentence);

    public void Hashing(string path, long of, int bytes) => next.Hashing(path, of, bytes);

    public void Settled(int files, long bytes) => next.Settled(files, bytes);

    private async Task LookAsync(string url, long bytes)
    {
        using var enough = new CancellationTokenSource(Patience, time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop, enough.Token);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Head, url);
            using var answer = await http.SendAsync(request, patience.Token);
            if (Wrong(answer, bytes) is { } wrong)
            {
                next.Said($"{url} {wrong}: see that --web-seed is the URL that the folder has on the site; it is in every torrent.");
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            if (!stop.IsCancellationRequested)
            {
                var cause = e is OperationCanceledException ? $"no answer in {Patience.TotalSeconds:F0} s" : e.Message;
                next.Said($"{url} cannot be reached from here ({cause}): if others can reach it, all is well; 'swarmstream doctor --site {url}' on another machine tells. Else mend --web-seed, which is in every torrent.");
            }
        }
    }

    private static string? Wrong(HttpResponseMessage answer, long bytes) =>
        answer.StatusCode != HttpStatusCode.OK ? $"answers {(int)answer.StatusCode}"
        : answer.Content.Headers.ContentLength is { } length && length != bytes
            ? string.Create(CultureInfo.InvariantCulture, $"has {length:N0} bytes, the file has {bytes:N0}")
            : null;
}
