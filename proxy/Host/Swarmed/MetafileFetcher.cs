using Swarm.Engine.Targets;
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
    private sealed record Loaded(Metainfo? Metainfo, string FinalUrl, bool ClearText, string? Problem)
    {
        public static Loaded Fail(string problem) => new(null, "", false, problem);
    }

    /// <summary>A metafile of a 100 GiB file in 1 MiB pieces has 3 MiB; libtorrent's own limit is 10 MB.</summary>
    private const int MaxBytes = 16 << 20;

    private const int MaxEntries = 32;
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = [];

    private sealed record Entry(Task<Loaded> Result, DateTimeOffset At);

    /// <summary>The parsed metafile, or a sentence that says why there is none for this resource. Never throws.</summary>
    public async Task<MetafileResult> FetchAsync(string resourceUrl, string url)
    {
        var loaded = await RecentAsync(url);
        if (loaded.Metainfo is null)
        {
            return new(null, loaded.Problem);
        }

        // A redirect must not lead where a Link could not have pointed. Judged for each resource: what may speak for one may not for another.
        return MetafileRule.Judge(resourceUrl, loaded.FinalUrl) == MetafileVerdict.Allowed
            && !(loaded.ClearText && resourceUrl.StartsWith("https:", StringComparison.OrdinalIgnoreCase))
            ? new(loaded.Metainfo, null)
            : MetafileResult.Fail("the metafile was redirected to a place that may not speak for this resource");
    }

    private Task<Loaded> RecentAsync(string url)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            if (_entries.TryGetValue(url, out var known) && now - known.At < Remembered)
            {
                return known.Result;
            }

            foreach (var (old, entry) in _entries.ToArray())
            {
                if (now - entry.At >= Remembered)
                {
                    _entries.Remove(old);
                }
            }

            if (_entries.Count >= MaxEntries)
            {
                _entries.Remove(_entries.MinBy(e => e.Value.At).Key);
            }

            var task = LoadAsync(url);
            _entries[url] = new(task, now);
            return task;
        }
    }

    private async Task<Loaded> LoadAsync(string url)
    {
        await Task.Yield();
        if (!OriginTarget.TryParse(url, TargetForm.AbsoluteForm, out var target))
        {
            return Loaded.Fail($"the Link's target is no URL to fetch");
        }

        using var limit = new CancellationTokenSource(Limit, time);
        var fields = new HttpFields();
        fields.Add("Accept", "application/x-bittorrent");
        identity.Sign(fields, "1.1");
        try
        {
            var result = await origin.SendAsync(new("GET", target, fields, FollowRedirects: true) { Purpose = DialPurpose.Metafile }, limit.Token);
            if (!result.IsAnswer)
            {
                return Loaded.Fail(result.Error.Sentence);
            }

            using var answer = result.Answer;
            if (answer.Status != 200)
            {
                return Loaded.Fail($"the metafile's server answered {answer.Status}");
            }

            var bytes = await ReadAsync(answer, limit.Token);
            if (bytes is null)
            {
                return Loaded.Fail($"the metafile is larger than {MaxBytes >> 20} MiB");
            }

            return Metainfo.TryParse(bytes, out var metainfo, out var error) ? new(metainfo, answer.FinalUrl, answer.ClearTextInChain, null) : Loaded.Fail($"the metafile is no torrent: {error}");
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or HttpRequestException)
        {
            return Loaded.Fail("the metafile did not arrive: " + e.Message);
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
