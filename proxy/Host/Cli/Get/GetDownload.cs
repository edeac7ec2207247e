using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Swarm.Engine.Receipts;

namespace Swarm.Proxy.Cli;

/// <summary>
/// Fetches one file from a node and writes it in order. An answer that breaks is gone on with where it broke, under the same
/// strong entity tag; a node that ends is replaced. It gives up when several answers in a row bring nothing.
/// </summary>
internal sealed class GetDownload(NodeSeat seat, GetItem item, GetOutput output, GetProgress progress)
{
    /// <summary>A torrent without peers is reset after 30 s, so five answers are two and a half minutes.</summary>
    private const int EmptyAnswersMax = 5;

    private const int BufferBytes = 256 << 10;

    /// <summary>A node that still gathers what it needs says when to ask again; more than this would look dead.</summary>
    private static readonly TimeSpan RetryAfterMax = TimeSpan.FromSeconds(5);

    private readonly List<ReceiptView> _receipts = [];

    /// <summary>What one answer came to.</summary>
    private enum Step
    {
        Whole,
        Broken,
        Restart,
        Wait,
        Failed,
    }

    public async Task<GetEnd> RunAsync(CancellationToken cancellation)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false, AutomaticDecompression = DecompressionMethods.None })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        var empty = 0;
        while (true)
        {
            var before = output.Bytes;
            var (step, why) = await AskAsync(http, cancellation);
            switch (step)
            {
                case Step.Whole:
                    return new(null, _receipts);
                case Step.Failed:
                    return new(why, _receipts);
                case Step.Restart:
                    if (!output.CanRestart)
                    {
                        return new($"{item.Label}: {why}, and what is out already cannot be taken back.", _receipts);
                    }

                    progress.Say($"{item.Label}: {why}; beginning again.");
                    output.Restart();
                    empty++;
                    break;
                default:
                    empty = output.Bytes > before ? 0 : empty + 1;
                    break;
            }

            if (empty >= EmptyAnswersMax)
            {
                return new($"{item.Label}: {why}.", _receipts);
            }

            if (step != Step.Restart)
            {
                progress.Waits(why!);
                await Task.Delay(step == Step.Wait ? RetryAfterMax : TimeSpan.FromMilliseconds(250 << empty), cancellation);
            }
        }
    }

    private async Task<(Step Step, string? Why)> AskAsync(HttpClient http, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, item.Address(seat));
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("swarmstream", BuildVersion.Version));
        if (item.UserInfo is { } user)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(user)));
        }

        if (output.Bytes > 0)
        {
            if (output.Tag is not { } tag)
            {
                return (Step.Restart, "the answer broke off, and without a strong ETag its rest cannot be told from another version's");
            }

            request.Headers.Range = new RangeHeaderValue(output.Bytes, null);
            request.Headers.IfRange = new RangeConditionHeaderValue(new EntityTagHeaderValue(tag));
        }

        HttpResponseMessage answer;
        try
        {
            answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        }
        catch (HttpRequestException)
        {
            return await ReplaceNodeAsync(cancellation) is { } problem ? (Step.Failed, problem) : (Step.Broken, "the node had ended");
        }

        using (answer)
        {
            return await JudgeAsync(answer, cancellation);
        }
    }

    private async Task<(Step Step, string? Why)> JudgeAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        var status = (int)answer.StatusCode;
        var own = !answer.Headers.Contains("Via"); // what a node relays it signs (RFC 9110 §7.6.3)
        switch (status)
        {
            case 200 when output.Bytes > 0:
                return (Step.Restart, "the file was replaced at its source meanwhile, or its source gives no ranges");
            case 200:
                return await CopyAsync(answer, answer.Content.Headers.ContentLength, cancellation);
            case 206 when output.Bytes > 0 && answer.Content.Headers.ContentRange is { HasRange: true, HasLength: true } range
                && range.From == output.Bytes && range.To == range.Length - 1 && answer.Headers.ETag?.ToString() == output.Tag:
                return await CopyAsync(answer, range.Length, cancellation);
            case 206:
                return (Step.Restart, "the answer was not the rest that was asked for");
            case 416 when output.Bytes > 0 && answer.Content.Headers.ContentRange?.Length == output.Bytes:
                return (Step.Whole, null);
            case 416 when output.Bytes > 0:
                return (Step.Restart, "the file at its source is shorter now");
            case 503 when own && item.Torrent is not null:
                return (Step.Wait, await SentenceAsync(answer, cancellation));
            case >= 500 when !own || answer.Headers.Contains("Proxy-Status"):
                return (Step.Broken, own ? await SentenceAsync(answer, cancellation) : $"the origin answered {status} {answer.ReasonPhrase}");
            default:
                return (Step.Failed, own ? $"{item.Label}: {await SentenceAsync(answer, cancellation)}." : $"{item.Source}: the origin answered {status} {answer.ReasonPhrase}".TrimEnd() + ".");
        }
    }

    private async Task<(Step Step, string? Why)> CopyAsync(HttpResponseMessage answer, long? total, CancellationToken cancellation)
    {
        output.Named(answer.Headers.ETag is { IsWeak: false } tag ? tag.ToString() : null);
        progress.Begin(item, total, output);
        var receipt = answer.Headers.TryGetValues("Swarm-Receipt", out var urls) ? urls.First() : null;
        var started = DateTimeOffset.UtcNow;
        var from = output.Bytes;
        var (step, why) = await PumpAsync(answer, total, cancellation);
        if (step is Step.Whole or Step.Broken)
        {
            await CollectAsync(receipt, answer, from, started, cancellation);
        }

        return (step, why);
    }

    private async Task<(Step Step, string? Why)> PumpAsync(HttpResponseMessage answer, long? total, CancellationToken cancellation)
    {
        var buffer = new byte[BufferBytes];
        await using var body = await answer.Content.ReadAsStreamAsync(cancellation);
        while (true)
        {
            int read;
            try
            {
                read = await body.ReadAsync(buffer, cancellation);
            }
            catch (Exception e) when (e is IOException or HttpRequestException)
            {
                return (Step.Broken, item.Torrent is null ? "the answer broke off" : "no source delivered the next bytes for 30 s");
            }

            if (read == 0)
            {
                return total is null || output.Bytes == total ? (Step.Whole, null) : (Step.Broken, "the answer ended early");
            }

            try
            {
                await output.WriteAsync(buffer.AsMemory(0, read), cancellation);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return (Step.Failed, $"{output.Name} cannot be written: {ErrorText.Of(e)}.");
            }
        }
    }

    /// <summary>The node's receipt of one answer; for what it passed through without one, a receipt that says the origin's.</summary>
    private async Task CollectAsync(string? url, HttpResponseMessage answer, long from, DateTimeOffset started, CancellationToken cancellation)
    {
        if (url is null)
        {
            var now = DateTimeOffset.UtcNow;
            var bytes = output.Bytes - from;
            _receipts.Add(new ReceiptView(
                "", item.Source, new(answer.Headers.ETag?.ToString(), output.Bytes, null), bytes, new(Origin: bytes), 0, "L0",
                item.Source.StartsWith("http:", StringComparison.OrdinalIgnoreCase), 0, 0,
                [new("origin", new Uri(item.Source).Authority, null, bytes, [], false)],
                new(started, now, null, (now - started).TotalMilliseconds), ReceiptStalls.None, ReceiptOutcome.Complete));
            return;
        }

        // Written right after the last byte: it is there at the first or second look.
        var path = "/api/v1/receipts/" + url[(url.LastIndexOf('/') + 1)..];
        for (var i = 0; i < 40; i++)
        {
            var found = await seat.Client.GetAsync(path, ReceiptJson.Default.ReceiptView, cancellation);
            if (found.Value is { } receipt)
            {
                _receipts.Add(receipt);
                return;
            }

            if (found.IsGone)
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellation);
        }
    }

    private async Task<string?> ReplaceNodeAsync(CancellationToken cancellation)
    {
        if (await seat.TakeAsync(cancellation) is { } problem)
        {
            return problem;
        }

        return item.Torrent is { } torrent && await TorrentGiver.GiveAsync(seat.Client, torrent, keep: false, cancellation) is { Value: null } refused ? refused.Problem : null;
    }

    /// <summary>The first line of an answer's text, without its full stop.</summary>
    private static async Task<string> SentenceAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        var bytes = new byte[512];
        await using var body = await answer.Content.ReadAsStreamAsync(cancellation);
        var n = await body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellation);
        var line = Encoding.UTF8.GetString(bytes, 0, n).Split('\n')[0].TrimEnd('.', ' ', '\r');
        return line.Length == 0 ? string.Create(CultureInfo.InvariantCulture, $"answered with status {(int)answer.StatusCode}") : new string([.. line.Where(c => !char.IsControl(c))]);
    }
}
