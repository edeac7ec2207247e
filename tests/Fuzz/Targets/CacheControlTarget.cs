using Swarm.Http;

namespace Swarm.Fuzz.Targets;

/// <summary>Cache-Control (RFC 9111 §5.2) and its targeted form (RFC 9213): a prohibition that came first stays, numbers are sane.</summary>
public sealed class CacheControlTarget : IFuzzTarget
{
    public string Name => "cache-control";

    public IReadOnlyList<byte[]> Corpus { get; } =
        HttpText.Bytes("public, max-age=60, s-maxage=\"10\"", "private=\"a, b\", no-cache", "no-store", "max-age=60;a=1, x=(1 \"a\" :AAA=:), y=?0, z=@1", "max-stale, min-fresh=5");

    public IReadOnlyList<byte[]> Tokens { get; } = HttpText.Bytes("no-store", "private", "max-age=", "=", ",", "\"", "\\\"", ";", "(", ")", ":", "?1", "99999999999", "-1", ".5");

    public void Run(ReadOnlyMemory<byte> input)
    {
        var text = HttpText.Of(input);
        FuzzFailure.Unless(CacheControl.Parse("no-store, " + text).NoStore, "nothing behind it takes a no-store away");
        FuzzFailure.Unless(CacheControl.Parse("private, " + text).Private, "nothing behind it takes a private away");
        FuzzFailure.Unless(CacheControl.Parse("max-age=7, " + text).MaxAgeSeconds is >= 0 and <= 7, "the smaller of two lifetimes counts");
        var response = HttpText.Fields(("CDN-Cache-Control", text), ("Cache-Control", text), ("Age", text), ("Expires", text));
        var freshness = Freshness.Of(200, response, new(HttpText.Now, HttpText.Now), HttpText.Now, shared: true);
        FuzzFailure.Unless(freshness is { AgeSeconds: >= 0, LifetimeSeconds: >= 0 }, "no negative time");
    }
}
