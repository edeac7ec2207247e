using Swarm.Http;
using Swarm.Proxy.Origin;
using Swarm.Protocol;

namespace Swarm.Proxy.Swarmed;

/// <summary>
/// Fetches the torrent files that Links point to: without the client's credentials, by the same target policy, capped, and
/// at most once a minute for a URL, however many requests ask.
/// </summary>
internal sealed class MetafileFetcher(IOriginConnection origin, ProxyIdentity identity, TimeProvider time)
{
    /// <summary>A metafile of a 100 GiB file in 1 MiB pieces has 3 MiB; libtorrent's own limit is 10 MB.</summary>
    private const int MaxBytes = 16 << 20;

    private const int MaxEntries = 256;
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = [];

    private sealed record Entry(Task<MetafileResult> Result, DateTimeOffset At);

    /// <summary>The parsed metafile, or a sentence that says why there is none. Never throws but for cancellation of this caller.</summary>
    public Task<MetafileResult> FetchAsync(string resourceUrl, string url)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            if (_entries.TryGetValue(url, out var known) && now - known.At < Remembered)
            {
                return known.Result;
            }

            if (_entries.Count >= MaxEntries)
            {
                _entries.Remove(_entries.MinBy(e => e.Value.At).Key);
            }

            var task = LoadAsync(resourceUrl, url);
            _entries[url] = new(task, now);
            return task;
        }
    }

    private async Task<MetafileResult> LoadAsync(string resourceUrl, string url)
    {
        await Task.Yield();
        if (!OriginTarget.TryParse(url, TargetForm.AbsoluteForm, out var target))
        {
            return MetafileResult.Fail($"the Link's target is no URL to fetch");
        }

        using var limit = new CancellationTokenSource(Limit, time);
        var fields = new HttpFields();
        fields.Add("Accept", "application/x-bittorrent");
        identity.Sign(fields, "1.1");
        try
        {
            var result = await origin.SendAsync(new("GET", target, fields, FollowRedirects: true), limit.Token);
            if (!result.IsAnswer)
            {
                return MetafileResult.Fail(result.Error.Sentence);
            }

            using var answer = result.Answer;
            if (answer.Status != 200)
            {
                return MetafileResult.Fail($"the metafile's server answered {answer.Status}");
            }

            // A redirect must not lead where a Link could not have pointed.
            if (MetafileRule.Judge(resourceUrl, answer.FinalUrl) != MetafileVerdict.Allowed
                || (answer.ClearTextInChain && resourceUrl.StartsWith("https:", StringComparison.OrdinalIgnoreCase)))
            {
                return MetafileResult.Fail("the metafile was redirected to a place that may not speak for this resource");
            }

            var bytes = await ReadAsync(answer, limit.Token);
            if (bytes is null)
            {
                return MetafileResult.Fail($"the metafile is larger than {MaxBytes >> 20} MiB");
            }

            return Metainfo.TryParse(bytes, out var metainfo, out var error) ? new(metainfo, null) : MetafileResult.Fail($"the metafile is no torrent: {error}");
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or HttpRequestException)
        {
            return MetafileResult.Fail("the metafile did not arrive: " + e.Message);
        }
    }

    private static async Task<byte[]?> ReadAsync(OriginAnswer answer, CancellationToken cancel)
    {
        if (answer.ContentLength > MaxBytes)
        {
            return null;
        }

        using var all = new MemoryStream();
        var buffer = new byte[64 << 10];
        while (await answer.Body.ReadAsync(buffer, cancel) is > 0 and var n)
        {
            if (all.Length + n > MaxBytes)
            {
                return null;
            }

            all.Write(buffer, 0, n);
        }

        return all.ToArray();
    }
}

/// <summary>A metafile or the reason there is none.</summary>
internal sealed record MetafileResult(Metainfo? Metainfo, string? Problem)
{
    public static MetafileResult Fail(string problem) => new(null, problem);
}
