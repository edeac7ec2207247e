using Swarm.Proxy.Tests.Swarmed;
using Swarm.Testing;

namespace Swarm.Proxy.Tests.Cache;

/// <summary>RFC 9111 and its companions, case by case, over sockets on both sides. The same cases run against other caches in the lab: scenario <c>cache-table</c>.</summary>
public sealed class CacheConformanceTests
{
    private static readonly IReadOnlyList<CacheCase> Cases = CacheCase.ReadAll(Path.Combine(AppContext.BaseDirectory, "golden", "cache"));

    public static TheoryData<string> Names => [.. Cases.Select(c => c.ToString())];

    [Fact]
    public void Cases_AreMany_EachWithItsOwnName()
    {
        Assert.True(Cases.Count > 100);
        Assert.Equal(Cases.Count, Cases.Select(c => c.ToString()).Distinct().Count());
        Assert.All(Cases, c => Assert.Contains(c.Steps, s => s.Expected is not null));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Case_Holds(string name)
    {
        var time = new FakeTime();
        await using var origin = new CacheCaseOrigin(time);
        await using var node = await TestNode.StartAsync(new() { Time = time, HasStore = false });
        var run = new CacheCaseRun(node.EndPoint, isProxy: true, origin, time, seconds =>
        {
            time.Advance(TimeSpan.FromSeconds(seconds));
            return Task.CompletedTask;
        });

        Assert.Null(await run.FailureAsync(Cases.Single(c => c.ToString() == name), TestContext.Current.CancellationToken));
    }

    [Fact] // the runner itself: a cache that keeps nothing must fail what only a cache can do, and one that keeps all what it must not
    public async Task Runner_SeesWhatDoesNotHold()
    {
        var time = new FakeTime();
        await using var origin = new CacheCaseOrigin(time);
        await using var front = await Harness.TestFront.StartAsync();
        var run = new CacheCaseRun(front.EndPoint, isProxy: true, origin, time, _ => Task.CompletedTask);
        var failures = new List<string?>();
        foreach (var one in Cases.Where(c => c.File == "1-storing"))
        {
            failures.Add(await run.FailureAsync(one, TestContext.Current.CancellationToken));
        }

        Assert.Contains(null, failures);
        Assert.Contains("step 2: asked, not stored", failures);
    }
}
