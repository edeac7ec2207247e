using Swarm.Core;
using Swarm.Engine;
using Swarm.Proxy.Origin;
using Swarm.Proxy.Swarmed;
using Swarm.Proxy.Tests.Cache;

namespace Swarm.Proxy.Tests.Swarmed;

/// <summary>An origin that honours no later range: the permit under which it was asked ends, so that the next request is asked itself.</summary>
public sealed class LyingRangesTests
{
    private const string Url = "http://a.example/f";

    private static readonly ResourceVersion Version = new(Url, "identity", new("\"v1\"", null), 2_000_000, null, Authority.None, true);

    [Theory]
    [InlineData(206, FetchFailure.Unusable, "Content-Range: bytes 0-99/2000000", "Content-Type: video/mp4")]
    [InlineData(206, FetchFailure.Unusable, "Content-Range: bytes 1000000-1999999/2000000", "Content-Type: multipart/byteranges; boundary=x")]
    [InlineData(200, FetchFailure.Unusable, "Content-Length: 2000000", "Content-Type: video/mp4")]
    [InlineData(206, FetchFailure.Changed, "Content-Range: bytes 1000000-1999999/2000001", "Content-Type: video/mp4")]
    [InlineData(206, null, "Content-Range: bytes 1000000-1999999/2000000", "Content-Type: video/mp4")]
    [InlineData(503, FetchFailure.ServerError, "X-A: b", "Content-Type: video/mp4")]
    public async Task Answer_ToALaterRange_KeepsOrEndsThePermit(int status, FetchFailure? failure, string line, string type)
    {
        await using var node = await TestNode.StartAsync(new() { HasStore = false });
        var engine = node.Engine;
        var handle = engine.Name(Version);
        handle.Grant(new(new("", handle.Version, engine.Now), [], engine.Now, ""));
        Assert.True(OriginTarget.TryParse(Url, TargetForm.AbsoluteForm, out var target));
        var origin = new ScriptedOrigin((r, _) => ScriptedOrigin.Answer(r, status, Stream.Null, "ETag: \"v1\"", line, type));

        var fetch = await new ClientOrigin(engine, origin, new("GET", target, []), handle, "").FetchAsync(new(1_000_000, 1_000_000), TestContext.Current.CancellationToken);

        Assert.Equal(failure, fetch.Error?.Failure);
        Assert.Equal(failure is FetchFailure.Unusable or FetchFailure.Changed, handle.PermitFor("") is null);
        fetch.Body?.Abort();
    }
}
