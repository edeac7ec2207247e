using System.Text;
using Swarm.Http;
using Swarm.Proxy.Cache;
using Swarm.Proxy.Origin;
using Swarm.Proxy.Tests.Harness;
using Swarm.Testing;

namespace Swarm.Proxy.Tests.Cache;

/// <summary>What conformance cases cannot show: bodies that break, limits, requests at one time, work in the background.</summary>
public sealed class CachingOriginTests
{
    private const string Fresh = "Cache-Control: max-age=60";

    private readonly FakeTime _time = new();
    private readonly AnswerStore _store = new(1 << 20);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Body_ThatBreaks_IsNotKept()
    {
        var origin = new ScriptedOrigin((r, n) => ScriptedOrigin.Answer(r, 200, new BreakingStream("abc"), Fresh, "Content-Length: 5"));
        var cache = Over(origin);
        var answer = (await cache.SendAsync(Get(), Stop)).Answer!;
        await Assert.ThrowsAsync<IOException>(() => ReadAsync(answer));
        answer.Dispose();
        Assert.Null(_store.Find(Get().Target.Url));
    }

    [Fact]
    public async Task Body_ThatNobodyReads_IsNotKept_AndEndsTheWaitOfOthers()
    {
        var origin = new ScriptedOrigin((r, n) => ScriptedOrigin.Answer(r, 200, "abcde", Fresh));
        var cache = Over(origin);
        var first = (await cache.SendAsync(Get(), Stop)).Answer!;
        var second = cache.SendAsync(Get(), Stop).AsTask();
        Assert.False(second.IsCompleted);

        first.Dispose();

        Assert.Equal("abcde", await ReadAsync((await second).Answer!));
        Assert.Equal(2, origin.Requests.Count);
    }

    [Theory]
    [InlineData(4 << 20, true)]
    [InlineData((4 << 20) + 1, false)]
    public async Task Body_OfUnknownLength_IsKeptUpToTheLimit(int length, bool kept)
    {
        var store = new AnswerStore(64 << 20);
        var origin = new ScriptedOrigin((r, n) => ScriptedOrigin.Answer(r, 200, new MemoryStream(new byte[length]), Fresh, "Transfer-Encoding: chunked"));
        var cache = new CachingOrigin(origin, store, new(), _time);
        using var answer = (await cache.SendAsync(Get(), Stop)).Answer!;
        Assert.Equal(length, (await ReadAsync(answer)).Length);
        Assert.Equal(kept, store.Find(Get().Target.Url) is not null);
    }

    [Fact]
    public async Task Version_ForThePieceStore_IsLeftAlone()
    {
        var body = new string('x', 1 << 20);
        var store = new AnswerStore(64 << 20);
        var origin = new ScriptedOrigin((r, n) => ScriptedOrigin.Answer(r, 200, body, Fresh, "ETag: \"a\""));
        using var answer = (await new CachingOrigin(origin, store, new(), _time).SendAsync(Get(), Stop)).Answer!;
        Assert.Null(answer.Cache);
        await ReadAsync(answer);
        Assert.Equal(0, store.Count);
    }

    [Fact]
    public async Task EqualRequests_AtOneTime_AreOneAtTheOrigin()
    {
        var gate = new TaskCompletionSource();
        var origin = new ScriptedOrigin(async (r, n) =>
        {
            await gate.Task;
            return ScriptedOrigin.Answer(r, 200, "abcde", Fresh);
        });
        var cache = Over(origin);
        var all = Enumerable.Range(0, 8).Select(_ => Task.Run(async () => await ReadAsync((await cache.SendAsync(Get(), Stop)).Answer!), Stop)).ToList();
        await Eventually.IsTrueAsync(() => _time.RunningTimers == 7, "seven wait");

        gate.SetResult();

        Assert.All(await Task.WhenAll(all), body => Assert.Equal("abcde", body));
        Assert.Single(origin.Requests);
    }

    [Fact]
    public async Task EqualRequests_WhenTheFirstTakesLong_GoOnThemselves()
    {
        var gate = new TaskCompletionSource();
        var origin = new ScriptedOrigin(async (r, n) =>
        {
            await (n == 1 ? gate.Task : Task.CompletedTask);
            return ScriptedOrigin.Answer(r, 200, $"body{n}", Fresh);
        });
        var cache = Over(origin);
        var first = cache.SendAsync(Get(), Stop).AsTask();
        var second = cache.SendAsync(Get(), Stop).AsTask();
        await Eventually.IsTrueAsync(() => _time.RunningTimers == 1, "the second waits");

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("body2", await ReadAsync((await second).Answer!));
        gate.SetResult();
        Assert.Equal("body1", await ReadAsync((await first).Answer!));
    }

    [Theory]
    [InlineData("Cookie: a=b")]
    [InlineData("Authorization: x")]
    [InlineData("Range: bytes=0-1")]
    [InlineData("Cache-Control: no-store")]
    public async Task Requests_ThatAreNotForAnyone_DoNotWait(string field)
    {
        var gate = new TaskCompletionSource();
        var origin = new ScriptedOrigin(async (r, n) =>
        {
            await (n == 1 ? gate.Task : Task.CompletedTask);
            return ScriptedOrigin.Answer(r, 200, $"body{n}", Fresh);
        });
        var cache = Over(origin);
        var first = cache.SendAsync(Get(field), Stop).AsTask();

        Assert.Equal("body2", await ReadAsync((await cache.SendAsync(Get(field), Stop)).Answer!));
        gate.SetResult();
        await ReadAsync((await first).Answer!);
    }

    [Fact]
    public async Task Answer_ThatIsNotKept_IsNotWaitedForAgain()
    {
        var gate = new TaskCompletionSource();
        var origin = new ScriptedOrigin(async (r, n) =>
        {
            await (n == 2 ? gate.Task : Task.CompletedTask);
            return ScriptedOrigin.Answer(r, 200, $"body{n}", "Cache-Control: no-store");
        });
        var cache = Over(origin);
        await ReadAsync((await cache.SendAsync(Get(), Stop)).Answer!);
        var second = cache.SendAsync(Get(), Stop).AsTask();

        Assert.Equal("body3", await ReadAsync((await cache.SendAsync(Get(), Stop)).Answer!));
        gate.SetResult();
        await ReadAsync((await second).Answer!);
    }

    [Fact]
    public async Task StaleWhileRevalidate_ServesAtOnce_AndAsksBehind()
    {
        var origin = new ScriptedOrigin((r, n) => ScriptedOrigin.Answer(r, 200, $"body{n}", "Cache-Control: max-age=10, stale-while-revalidate=60", "ETag: \"" + n + "\""));
        var cache = Over(origin);
        await ReadAsync((await cache.SendAsync(Get(), Stop)).Answer!);
        _time.Advance(TimeSpan.FromSeconds(20));

        var stale = (await cache.SendAsync(Get("Range: bytes=0-3"), Stop)).Answer!;

        Assert.Equal((206, "body"), (stale.Status, await ReadAsync(stale)));
        Assert.Equal("20", stale.Fields.First("Age"));
        await Eventually.IsTrueAsync(() => _store.Find(Get().Target.Url)?.FindPlain("")?.Head.Fields.First("ETag") == "\"2\"", "the answer is replaced");
        Assert.Equal("body2", await ReadAsync((await cache.SendAsync(Get(), Stop)).Answer!));
        var asked = origin.Requests.ToArray();
        Assert.Equal(2, asked.Length);
        Assert.Equal("\"1\"", asked[1].Fields.First("If-None-Match"));
        Assert.False(asked[1].Fields.Has("Range"));
    }

    [Fact]
    public async Task NotModified_OfAnotherTag_IsAskedAgainWithoutConditions()
    {
        var origin = new ScriptedOrigin((r, n) => n == 2
            ? ScriptedOrigin.Answer(r, 304, Stream.Null, "ETag: \"other\"")
            : ScriptedOrigin.Answer(r, 200, $"body{n}", "Cache-Control: max-age=10", "ETag: \"a\""));
        var cache = Over(origin);
        await ReadAsync((await cache.SendAsync(Get(), Stop)).Answer!);
        _time.Advance(TimeSpan.FromSeconds(20));

        Assert.Equal("body3", await ReadAsync((await cache.SendAsync(Get(), Stop)).Answer!));
        Assert.False(origin.Requests.Last().Fields.Has("If-None-Match"));
    }

    [Fact]
    public async Task NotModified_ThatForbidsToKeep_ServesOnceAndGoes()
    {
        var origin = new ScriptedOrigin((r, n) => n == 2
            ? ScriptedOrigin.Answer(r, 304, Stream.Null, "ETag: \"a\"", "Cache-Control: no-store")
            : ScriptedOrigin.Answer(r, 200, $"body{n}", "Cache-Control: max-age=10", "ETag: \"a\""));
        var cache = Over(origin);
        await ReadAsync((await cache.SendAsync(Get(), Stop)).Answer!);
        _time.Advance(TimeSpan.FromSeconds(20));

        Assert.Equal("body1", await ReadAsync((await cache.SendAsync(Get(), Stop)).Answer!));
        Assert.Equal(0, _store.Count);
    }

    [Theory]
    [InlineData("max-age=10", 599, true)]
    [InlineData("max-age=10", 601, false)]
    [InlineData("max-age=10, must-revalidate", 1, false)]
    public async Task OriginGone_StaleServesAsLongAsAPermit(string lifetime, int staleSeconds, bool served)
    {
        var origin = new ScriptedOrigin((r, n) => n == 1 ? ScriptedOrigin.Answer(r, 200, "body1", $"Cache-Control: {lifetime}") : OriginResult.Of(ScriptedOrigin.Gone));
        var cache = Over(origin);
        await ReadAsync((await cache.SendAsync(Get(), Stop)).Answer!);
        _time.Advance(TimeSpan.FromSeconds(10 + staleSeconds));

        var result = await cache.SendAsync(Get(), Stop);

        Assert.Equal(served, result.IsAnswer);
        Assert.Equal(served ? "body1" : lifetime.Contains("must", StringComparison.Ordinal) ? "504" : "502", served ? await ReadAsync(result.Answer!) : result.Error!.Status.ToString());
    }

    [Fact]
    public async Task Answer_AskedForBeforeAnInvalidation_IsNotKeptAfterIt()
    {
        var origin = new ScriptedOrigin((r, n) => ScriptedOrigin.Answer(r, 200, $"body{n}", Fresh));
        var cache = Over(origin);
        var early = (await cache.SendAsync(Get(), Stop)).Answer!;

        new CacheInvalidator(_store).OnAnswer("POST", Get().Target, 200, []);

        Assert.Equal("body1", await ReadAsync(early));
        Assert.Equal(0, _store.Count);
    }

    [Fact]
    public async Task Answer_AskedForBeforeInvalidationsOfOtherUrls_IsKept()
    {
        var origin = new ScriptedOrigin((r, n) => ScriptedOrigin.Answer(r, 200, $"body{n}", Fresh));
        var cache = Over(origin);
        var early = (await cache.SendAsync(Get(), Stop)).Answer!;
        var invalidator = new CacheInvalidator(_store);
        for (var i = 0; i < 4096; i++)
        {
            invalidator.OnAnswer("POST", Request($"http://a.example/{i}").Target, 200, []);
        }

        await ReadAsync(early);
        Assert.Equal(1, _store.Count);
    }

    [Fact]
    public async Task Invalidation_ReachesReferencesOfTheSameOriginOnly()
    {
        var origin = new ScriptedOrigin((r, n) => ScriptedOrigin.Answer(r, 200, "abcde", Fresh));
        var cache = Over(origin);
        string[] urls = ["http://a.example/x/y", "http://a.example/x/z", "http://a.example/c", "http://b.example/c", "http://a.example/other"];
        foreach (var url in urls)
        {
            await ReadAsync((await cache.SendAsync(Request(url), Stop)).Answer!);
        }

        var invalidator = new CacheInvalidator(_store);
        invalidator.OnAnswer("POST", Request(urls[0]).Target, 201, new() { { "Location", "z" }, { "Content-Location", "http://a.example/c" } });
        invalidator.OnAnswer("POST", Request("http://a.example/p").Target, 201, new() { { "Location", "http://b.example/c" } });
        invalidator.OnAnswer("GET", Request(urls[4]).Target, 200, []);
        invalidator.OnAnswer("POST", Request(urls[4]).Target, 500, []);

        Assert.Equal([urls[3], urls[4]], urls.Where(u => _store.Find(u) is not null));
    }

    [Fact]
    public async Task Store_StaysWithinItsBytes_AndForgetsTheLongestUnused()
    {
        var origin = new ScriptedOrigin((r, n) => ScriptedOrigin.Answer(r, 200, new string('x', 100_000), Fresh));
        var cache = Over(origin);
        for (var i = 0; i < 50; i++)
        {
            await ReadAsync((await cache.SendAsync(Request($"http://a.example/{i}"), Stop)).Answer!);
            await ReadAsync((await cache.SendAsync(Request("http://a.example/0"), Stop)).Answer!);
            Assert.True(_store.Bytes <= 1 << 20);
        }

        Assert.NotNull(_store.Find("http://a.example/0"));
        Assert.NotNull(_store.Find("http://a.example/49"));
        Assert.Null(_store.Find("http://a.example/1"));
        Assert.Equal(_store.Count, _store.Clear());
        Assert.Equal(0, _store.Bytes);
    }

    [Fact]
    public async Task Part_LargerThanAnnounced_IsNotKept()
    {
        var origin = new ScriptedOrigin((r, n) => ScriptedOrigin.Answer(r, 206, new MemoryStream(new byte[6]), Fresh, "Content-Range: bytes 0-4/10", "ETag: \"a\"", "Transfer-Encoding: chunked"));
        var cache = Over(origin);
        Assert.Equal(6, (await ReadAsync((await cache.SendAsync(Get("Range: bytes=0-4"), Stop)).Answer!)).Length);
        Assert.Equal(0, _store.Count);
    }

    [Fact]
    public void Parts_Join_WhereTheyMeet()
    {
        var parts = StoredPart.Join([], new(0, [0, 1]));
        parts = StoredPart.Join(parts, new(6, [6, 7]));
        Assert.Equal(2, parts.Length);
        parts = StoredPart.Join(parts, new(1, [1, 2, 3]));
        Assert.Equal([(0, 4), (6, 2)], parts.Select(p => ((int)p.Offset, p.Bytes.Length)));
        parts = StoredPart.Join(parts, new(4, [4, 5]));
        Assert.Equal(Enumerable.Range(0, 8).Select(i => (byte)i), Assert.Single(parts).Bytes);
    }

    private static OriginRequest Get(params string[] fields) => Request("http://a.example/x", fields);

    private static OriginRequest Request(string url, params string[] fields)
    {
        Assert.True(OriginTarget.TryParse(url, TargetForm.AbsoluteForm, out var target));
        var all = new HttpFields();
        foreach (var field in fields)
        {
            all.Add(field.Split(':')[0], field.Split(':')[1]);
        }

        return new("GET", target, all);
    }

    private static async Task<string> ReadAsync(OriginAnswer answer)
    {
        using var all = new MemoryStream();
        await answer.Body.CopyToAsync(all, Stop);
        return Encoding.Latin1.GetString(all.ToArray());
    }

    private CachingOrigin Over(ScriptedOrigin origin) => new(origin, _store, new(), _time);

    /// <summary>Some bytes, then an error.</summary>
    private sealed class BreakingStream(string text) : MemoryStream(Encoding.Latin1.GetBytes(text))
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await base.ReadAsync(buffer, cancellationToken);
            return count == 0 && !buffer.IsEmpty ? throw new IOException("The origin broke off.") : count;
        }
    }
}
