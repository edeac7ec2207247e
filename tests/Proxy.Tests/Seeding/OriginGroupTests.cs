using System.Collections.Concurrent;
using Swarm.Proxy.Origin;
using Swarm.Proxy.Seeding;
using Swarm.Proxy.Tests.Cache;
using Swarm.Proxy.Tests.Harness;
using Swarm.Testing;

namespace Swarm.Proxy.Tests.Seeding;

/// <summary>Several servers with the same files: which one a path goes to, and how it is seen that one is down, or well again.</summary>
public sealed class OriginGroupTests : IAsyncDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);
    private static readonly string[] Servers = ["http://a.example", "http://b.example", "http://c.example"];

    private readonly FakeTime _time = new();
    private readonly RecordingReport _report = new();

    /// <summary>What a server does instead of answering 200.</summary>
    private readonly ConcurrentDictionary<string, Func<OriginRequest, Task<OriginResult>>> _ill = new(StringComparer.Ordinal);
    private readonly ScriptedOrigin _origin;
    private readonly OriginPlan _plan;
    private readonly OriginGroup _group;

    public OriginGroupTests()
    {
        _origin = new((request, _) => _ill.TryGetValue(ServerOf(request), out var ill) ? ill(request) : Task.FromResult(ScriptedOrigin.Answer(request, 200, "")));
        _plan = new([.. Servers.Select(Target)], [], SiteAddress.TryParse(null, out _)!, [], 0, [], _report);
        _group = new(_plan, _origin, _time);
    }

    [Fact]
    public async Task Look_SeesAServerThatIsDown_BeforeAVisitorDoes_AndThatItIsWellAgain()
    {
        var (path, server) = PathOf(Servers[1]);
        Fail(server);
        await LookAsync();
        Assert.Equal([$"{server} does not answer; the others are asked."], _report.Sentences);

        _origin.Requests.Clear();
        Assert.Equal(200, await GetAsync(path));
        Assert.DoesNotContain(server, _origin.Requests.Select(ServerOf));

        _ill.Clear();
        await LookAsync();
        Assert.Equal($"{server} answers again.", _report.Sentences.Last());
        _origin.Requests.Clear();
        Assert.Equal(200, await GetAsync(path));
        Assert.Equal([server], _origin.Requests.Select(ServerOf));
    }

    [Fact]
    public async Task Look_AsksEachServerForItsRoot_WithoutAWordOfAVisitor()
    {
        await LookAsync();
        Assert.Equal(Servers.Select(static s => ("HEAD", s + "/", 0)), _origin.Requests.Select(static r => (r.Method, r.Target.Url, r.Fields.Count)).Take(Servers.Length));
        Assert.Empty(_report.Sentences);
    }

    [Fact]
    public async Task ServerThatSaysNothing_IsDownAfterALook_AndHoldsUpTheLookAtNoOther()
    {
        _ill[Servers[0]] = static _ => new TaskCompletionSource<OriginResult>().Task;
        Fail(Servers[2]);
        await Eventually.IsTrueAsync(() => _time.RunningTimers > 0, "the looks have begun");
        _time.Advance(Look);
        await Eventually.IsTrueAsync(() => !_origin.Requests.IsEmpty, "the first is asked");
        await Eventually.IsTrueAsync(() => _time.RunningTimers > 1, "its time runs");
        _time.Advance(Look);
        await Eventually.IsTrueAsync(() => _report.Sentences.Count == 2, "both are seen");
        Assert.Equal([$"{Servers[0]} does not answer; the others are asked.", $"{Servers[2]} does not answer; the others are asked."], _report.Sentences);
    }

    [Theory]
    [InlineData(404)]
    [InlineData(401)]
    [InlineData(500)]
    [InlineData(405)]
    public async Task AnswerOfTheSitesOwn_IsNoSignOfIllness(int status)
    {
        _ill[Servers[0]] = request => Task.FromResult(ScriptedOrigin.Answer(request, status, ""));
        await LookAsync();
        Assert.Empty(_report.Sentences);
    }

    [Theory]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task GatewaysError_IsOfWhatLiesBehind_AndTheOthersAreAsked(int status)
    {
        var (path, server) = PathOf(Servers[0]);
        _ill[server] = request => Task.FromResult(ScriptedOrigin.Answer(request, status, ""));
        Assert.Equal(200, await GetAsync(path));
        Assert.Equal(2, _origin.Requests.Count);

        _origin.Requests.Clear();
        Assert.Equal(200, await GetAsync(path));
        Assert.DoesNotContain(server, _origin.Requests.Select(ServerOf)); // it rests
    }

    [Fact]
    public async Task AllDown_TheLastWordIsTheVisitors()
    {
        Array.ForEach(Servers, Fail);
        var result = await _group.SendAsync(new("GET", _plan.TargetOf("/film.mp4")!, []), TestContext.Current.CancellationToken);
        Assert.False(result.IsAnswer);
        Assert.Equal(Servers.Order(), _origin.Requests.Select(ServerOf).Order());
    }

    [Fact]
    public async Task Path_StaysWithItsServer_AndPathsAreSpread()
    {
        var paths = Enumerable.Range(0, 60).Select(static i => $"/{i}.mp4").ToArray();
        var first = paths.Select(ServerFor).ToArray();
        Assert.Equal(first, paths.Select(ServerFor));
        Assert.Equal(first, paths.Select(p => ServerFor(p + "?token=1")));
        Assert.All(Servers, s => Assert.InRange(first.Count(f => f == s), 8, 40));

        // Another node of the site chooses alike.
        await using var other = new OriginGroup(_plan, _origin, new FakeTime());
        Assert.Equal(first, paths.Select(p => OriginPlan.BaseOf(other.Choose(_plan.TargetOf(p)!))));
    }

    public ValueTask DisposeAsync() => _group.DisposeAsync();

    private static OriginTarget Target(string url) => OriginTarget.TryParse(url, TargetForm.AbsoluteForm, out var target) ? target : throw new ArgumentException(url);

    private static string ServerOf(OriginRequest request) => OriginPlan.BaseOf(request.Target);

    private string ServerFor(string path) => OriginPlan.BaseOf(_group.Choose(_plan.TargetOf(path)!));

    /// <summary>A path that goes to the server while all are well.</summary>
    private (string Path, string Server) PathOf(string server) =>
        (Enumerable.Range(0, 1_000).Select(static i => $"/{i}.mp4").First(p => ServerFor(p) == server), server);

    private void Fail(string server) => _ill[server] = static _ => Task.FromResult(OriginResult.Of(ScriptedOrigin.Gone));

    private async Task<int> GetAsync(string path) =>
        (await _group.SendAsync(new("GET", _plan.TargetOf(path)!, []), TestContext.Current.CancellationToken)).Answer!.Status;

    /// <summary>One look at all servers, to its end.</summary>
    private async Task LookAsync()
    {
        _origin.Requests.Clear();
        await Eventually.IsTrueAsync(() => _time.RunningTimers > 0, "the looks have begun");
        _time.Advance(Look);
        await Eventually.IsTrueAsync(() => _origin.Requests.Count == Servers.Length && _time.RunningTimers == 1, "each was asked");
    }
}
