using Swarm.Proxy.Tests.Harness;
using Swarm.Testing;

namespace Swarm.Proxy.Tests.Swarmed;

/// <summary>I1: the origin decides. What is asked of it, when, and what its last word permits.</summary>
public sealed class PermissionTests
{
    private static readonly Film Film = Film.Make(1);

    [Fact]
    public async Task FirstRequest_UnknownUrl_GoesWholeAndUntouchedButForVia()
    {
        await using var origin = new FilmOrigin(Film) { Link = null };
        await using var node = await TestNode.StartAsync();

        var answer = await node.GetAsync(origin.Url, "Range: bytes=100-2000000", "If-Range: \"v1\"", "User-Agent: raw/1", "Accept-Encoding: gzip", "X-Mine: 1");

        Assert.Equal(206, answer.Status);
        Assert.Equal($"bytes 100-2000000/{Film.Length}", answer.Field("Content-Range"));
        AssertBytes(Film.Bytes, 100, answer.Body, 1_999_901);
        var request = Assert.Single(origin.Heads);
        Assert.Equal(
            $"GET /film.mp4 HTTP/1.1\r\nHost: {origin.Authority}\r\nRange: bytes=100-2000000\r\nIf-Range: \"v1\"\r\nUser-Agent: raw/1\r\nAccept-Encoding: gzip\r\nX-Mine: 1\r\nVia: 1.1 {node.Identity.Pseudonym}\r\n\r\n".Split("\r\n").Order(StringComparer.Ordinal),
            request.Split("\r\n").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task SecondGet_LoneOrigin_IsOneProbeFromTheFirstMissingByteToTheEnd()
    {
        var time = new FakeTime();
        await using var origin = new FilmOrigin(Film) { Link = null };
        await using var node = await TestNode.StartAsync(new() { Time = time });
        var part = await node.GetAsync(origin.Url, "Range: bytes=0-1048575");
        Assert.Equal(206, part.Status);
        time.Advance(TimeSpan.FromSeconds(6));

        var answer = await node.GetAsync(origin.Url);

        Assert.Equal(200, answer.Status);
        Assert.Equal(Film.Length.ToString(System.Globalization.CultureInfo.InvariantCulture), answer.Field("Content-Length"));
        Assert.Null(answer.Field("Content-Range"));
        AssertBytes(Film.Bytes, 0, answer.Body, Film.Length);
        Assert.Equal(2, origin.Requests.Count);
        var (first, last) = origin.Requests.Last().Range!.Value;
        Assert.Equal(1048576, first);
        Assert.True(last is null or Film.Length - 1);
        Assert.True((last ?? Film.Length) - first >= 64 * 1024);
    }

    [Fact]
    public async Task KnownAndWhollyHere_ProbeIs64KiBFromTheStart_AndTheRestComesFromTheStore()
    {
        var time = new FakeTime();
        await using var origin = new FilmOrigin(Film) { Link = null };
        await using var node = await TestNode.StartAsync(new() { Time = time });
        await node.GetAsync(origin.Url);
        time.Advance(TimeSpan.FromSeconds(6));
        var sent = origin.BytesSent;

        var answer = await node.GetAsync(origin.Url);

        AssertBytes(Film.Bytes, 0, answer.Body, Film.Length);
        Assert.Equal((0, 65535L), origin.Requests.Last().Range);
        Assert.Equal(2, origin.Requests.Count);
        // At most: who has every byte from the store leaves, and a slow origin's probe is cut.
        Assert.InRange(origin.BytesSent - sent, 0, 65536);
    }

    [Fact]
    public async Task Permit_Uncredentialed_IsReusedFor5SecondsAndNotLonger()
    {
        var time = new FakeTime();
        await using var origin = new FilmOrigin(Film) { Link = null };
        await using var node = await TestNode.StartAsync(new() { Time = time });
        await node.GetAsync(origin.Url);

        time.Advance(TimeSpan.FromSeconds(4.9));
        var reused = await node.GetAsync(origin.Url, "Range: bytes=5-1000004");
        var after = origin.Requests.Count;
        time.Advance(TimeSpan.FromSeconds(0.2));
        var asked = await node.GetAsync(origin.Url);

        Assert.Equal(206, reused.Status);
        AssertBytes(Film.Bytes, 5, reused.Body, 1_000_000);
        Assert.Contains("permit-reused", reused.Field("Cache-Status"), StringComparison.Ordinal);
        Assert.Equal("4", reused.Field("Age"));
        Assert.Equal(1, after);
        Assert.Equal(2, origin.Requests.Count);
        Assert.DoesNotContain("permit-reused", asked.Field("Cache-Status"), StringComparison.Ordinal);
        AssertBytes(Film.Bytes, 0, asked.Body, Film.Length);
    }

    [Theory]
    [InlineData("", "Cookie: a=1")]
    [InlineData("", "Authorization: Bearer x")]
    [InlineData("", "X-Api-Key: x")]
    [InlineData("", "Cache-Control: no-cache")]
    [InlineData("", "Pragma: no-cache")]
    [InlineData("?X-Amz-Signature=abc", "X-Plain: 1")]
    public async Task Request_WithCredentialsOrNoCache_AlwaysAsks(string query, string line)
    {
        await using var origin = new FilmOrigin(Film) { Link = null, Path = "/film.mp4" + query };
        origin.Answers = r => origin.Honest(r).With("Cache-Control: public");
        await using var node = await TestNode.StartAsync(new() { Time = new FakeTime() });
        await node.GetAsync(origin.Url);

        for (var i = 0; i < 2; i++)
        {
            AssertBytes(Film.Bytes, 0, (await node.GetAsync(origin.Url, line)).Body, Film.Length);
        }

        Assert.Equal(3, origin.Requests.Count);
    }

    [Fact]
    public async Task Permit_OfAnAnswerWithNoCache_IsNotReused()
    {
        await using var origin = new FilmOrigin(Film) { Link = null };
        origin.Answers = r => origin.Honest(r).With("Cache-Control: no-cache");
        await using var node = await TestNode.StartAsync(new() { Time = new FakeTime() });

        await node.GetAsync(origin.Url);
        AssertBytes(Film.Bytes, 0, (await node.GetAsync(origin.Url)).Body, Film.Length);

        Assert.Equal(2, origin.Requests.Count);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(410)]
    public async Task Denied_ThoughTheStoreHasEveryByte_ReachesTheClientAtOnce_AndEndsItsPermit(int status)
    {
        await using var origin = new FilmOrigin(Film) { Link = null };
        await using var node = await TestNode.StartAsync(new() { Time = new FakeTime() });
        var token = "Authorization: Bearer t";
        origin.Answers = r => origin.Honest(r).With("Cache-Control: public");
        AssertBytes(Film.Bytes, 0, (await node.GetAsync(origin.Url, token)).Body, Film.Length);

        origin.Answers = _ => FilmReply.Empty(status);
        var denied = await node.GetAsync(origin.Url, token);
        origin.Answers = _ => FilmReply.Empty(503);
        var down = await node.GetAsync(origin.Url, token);

        Assert.Equal(status, denied.Status);
        Assert.Empty(denied.Body);
        Assert.Equal(503, down.Status);
    }

    [Fact]
    public async Task Denied_InTheMiddleOfAResponse_EndsTheReuseOfThePermit()
    {
        await using var origin = new FilmOrigin(Film) { Link = null };
        await using var node = await TestNode.StartAsync(new() { Time = new FakeTime() });
        await node.GetAsync(origin.Url, "Range: bytes=0-1048575");

        // The permit is reused, the missing bytes are asked for, and there the origin says no.
        origin.Answers = _ => FilmReply.Empty(403);
        using (var client = await node.ConnectAsync())
        {
            await client.SendAsync(node.Request("GET", origin.Url));
            await client.ReadHeadAsync();
            await Eventually.IsTrueAsync(() => origin.Requests.Count == 2, "the missing bytes were asked for");
            await Eventually.IsTrueAsync(() => node.Known(origin.Url).PermitFor("") is null, "the permit ended");
        }

        Assert.Equal(403, (await node.GetAsync(origin.Url)).Status);
    }

    [Fact]
    public async Task OriginDown_WithoutATree_IsNeverCoveredByAPermit()
    {
        await using var origin = new FilmOrigin(Film) { Link = null };
        var time = new FakeTime();
        await using var node = await TestNode.StartAsync(new() { Time = time });
        await node.GetAsync(origin.Url);
        time.Advance(TimeSpan.FromSeconds(10));
        origin.Answers = _ => FilmReply.Empty(503);

        Assert.Equal(503, (await node.GetAsync(origin.Url)).Status);
    }

    [Fact]
    public async Task Head_PassesToTheOriginAndBack()
    {
        await using var origin = new FilmOrigin(Film) { Link = null };
        await using var node = await TestNode.StartAsync();
        await node.GetAsync(origin.Url);

        var answer = await node.HeadAsync(origin.Url);

        Assert.Equal(200, answer.Status);
        Assert.Equal($"{Film.Length}", answer.Field("Content-Length"));
        Assert.Equal("HEAD", origin.Requests.Last().Method);
    }

    [Fact]
    public async Task Conditional_PassesAndIts304Too()
    {
        await using var origin = new FilmOrigin(Film) { Link = null };
        origin.Answers = r => r.Field("If-None-Match") == "\"v1\"" ? new(304, ["ETag: \"v1\""], [], 0, 0) : null;
        await using var node = await TestNode.StartAsync();
        await node.GetAsync(origin.Url);

        var answer = await node.GetAsync(origin.Url, "If-None-Match: \"v1\"");

        Assert.Equal(304, answer.Status);
        Assert.Equal("\"v1\"", origin.Requests.Last().Field("If-None-Match"));
    }

    [Theory]
    [InlineData("Range: bytes=0-9,20-29")]
    [InlineData("Range: bytes=-500")]
    [InlineData("Range: bytes=0-99", "If-Range: \"other\"")]
    public async Task Request_WhoseAnswerAProbeCannotTell_GoesWhole(params string[] lines)
    {
        var time = new FakeTime();
        await using var origin = new FilmOrigin(Film) { Link = null };
        await using var node = await TestNode.StartAsync(new() { Time = time });
        await node.GetAsync(origin.Url);
        origin.Answers = _ => new(200, ["Content-Length: 6", "ETag: \"v1\""], "theirs"u8.ToArray(), 0, 6);

        var answer = await node.GetAsync(origin.Url, lines);

        Assert.Equal("theirs", answer.Text);
        foreach (var line in lines)
        {
            Assert.Equal(line.Split(": ")[1], origin.Requests.Last().Field(line.Split(": ")[0]));
        }
    }

    [Fact]
    public async Task Range_BeyondTheEnd_GetsTheOrigins416()
    {
        await using var origin = new FilmOrigin(Film) { Link = null };
        await using var node = await TestNode.StartAsync();
        await node.GetAsync(origin.Url);

        var answer = await node.GetAsync(origin.Url, $"Range: bytes={Film.Length}-");

        Assert.Equal(416, answer.Status);
        Assert.Equal($"bytes */{Film.Length}", answer.Field("Content-Range"));
    }

    [Fact]
    public async Task StoredFields_OfOneUser_NeverReachAnother()
    {
        await using var origin = new FilmOrigin(Film) { Link = null };
        origin.Answers = r => origin.Honest(r).With(
            "Cache-Control: public", r.Field("Authorization") is { } who ? $"X-User: {who}" : "X-User: nobody", "Set-Cookie: s=1", "Access-Control-Allow-Origin: " + (r.Field("Origin") ?? "none"));
        await using var node = await TestNode.StartAsync(new() { Time = new FakeTime() });
        await node.GetAsync(origin.Url);
        await node.GetAsync(origin.Url, "Authorization: alice");

        var reused = await node.GetAsync(origin.Url);
        var page = await node.GetAsync(origin.Url, "Origin: http://page.test");

        Assert.Contains("permit-reused", reused.Field("Cache-Status"), StringComparison.Ordinal);
        Assert.Equal("nobody", reused.Field("X-User"));
        Assert.False(reused.Has("Set-Cookie"));
        Assert.Equal("http://page.test", page.Field("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task ProbeAnswer_ThatMayNoLongerBeKept_LeadsToTheClientsOwnRequest()
    {
        var time = new FakeTime();
        await using var origin = new FilmOrigin(Film) { Link = null };
        await using var node = await TestNode.StartAsync(new() { Time = time });
        await node.GetAsync(origin.Url, "Range: bytes=0-1048575");
        time.Advance(TimeSpan.FromSeconds(6));
        origin.Answers = r => origin.Honest(r).With("Cache-Control: private, no-store");

        var answer = await node.GetAsync(origin.Url);

        AssertBytes(Film.Bytes, 0, answer.Body, Film.Length);
        Assert.Contains("fwd=bypass", answer.Field("Cache-Status"), StringComparison.Ordinal);
        Assert.Null(origin.Requests.Last().Field("Range"));
    }

    [Fact]
    public async Task WhollyHere_A304IsThePermit_AndNoContentMoves()
    {
        var time = new FakeTime();
        await using var origin = new FilmOrigin(Film) { Link = null };
        origin.Answers = r => origin.Honest(r).With("X-Served: first");
        await using var node = await TestNode.StartAsync(new() { Time = time });
        await node.GetAsync(origin.Url);
        time.Advance(TimeSpan.FromSeconds(6));
        var sent = origin.BytesSent;
        origin.Answers = r => r.Field("If-None-Match") == "\"v1\"" ? new(304, ["ETag: \"v1\"", "X-Served: second", "Content-Type: text/html"], [], 0, 0) : null;

        var whole = await node.GetAsync(origin.Url);
        time.Advance(TimeSpan.FromSeconds(6));
        var part = await node.GetAsync(origin.Url, "Range: bytes=100000-1100000");

        AssertBytes(Film.Bytes, 0, whole.Body, Film.Length);
        AssertBytes(Film.Bytes, 100_000, part.Body, 1_000_001);
        Assert.Equal((200, 206), (whole.Status, part.Status));
        Assert.Equal(("second", "video/mp4"), (whole.Field("X-Served"), whole.Field("Content-Type")));
        Assert.Contains("fwd-status=304", whole.Field("Cache-Status"), StringComparison.Ordinal);
        Assert.Equal(3, origin.Requests.Count);
        Assert.Equal((98304, 163839L), origin.Requests.Last().Range);
        Assert.Equal(sent, origin.BytesSent);
    }

    [Theory]
    [InlineData("ETag: \"v2\"")]
    [InlineData("ETag: \"v1\"\r\nCache-Control: no-store")]
    public async Task WhollyHere_A304ThatIsNoPermit_LeadsToTheClientsOwnRequest(string fields)
    {
        var time = new FakeTime();
        await using var origin = new FilmOrigin(Film) { Link = null };
        await using var node = await TestNode.StartAsync(new() { Time = time });
        await node.GetAsync(origin.Url);
        time.Advance(TimeSpan.FromSeconds(6));
        origin.Answers = r => r.Field("If-None-Match") is not null ? new(304, fields.Split("\r\n"), [], 0, 0) : new(200, ["Content-Length: 6"], "theirs"u8.ToArray(), 0, 6);

        Assert.Equal("theirs", (await node.GetAsync(origin.Url)).Text);
        Assert.Null(origin.Requests.Last().Field("If-None-Match"));
    }

    internal static void AssertBytes(byte[] file, int offset, byte[] body, int count)
    {
        Assert.Equal(count, body.Length);
        var same = body.AsSpan().CommonPrefixLength(file.AsSpan(offset, count));
        Assert.True(same == count, $"byte {offset + same} differs");
    }
}
