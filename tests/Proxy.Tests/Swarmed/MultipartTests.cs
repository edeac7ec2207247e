using Swarm.Proxy.Tests.Harness;
using Swarm.Testing;

namespace Swarm.Proxy.Tests.Swarmed;

/// <summary>Several ranges in one request (RFC 9110 §14.2, §15.3.7.2): from the store, from torrents, from the small-object cache, and passed through.</summary>
public sealed class MultipartTests
{
    private const string Several = "Range: bytes=1500000-1500009,0-99999,-7";

    private static readonly Film Film = Film.Make(11);

    [Fact]
    public async Task Known_StillStanding_IsMultipartFromTheStore()
    {
        await using var origin = new FilmOrigin(Film) { Link = null };
        await using var node = await TestNode.StartAsync(new() { Time = new FakeTime() });
        await node.GetAsync(origin.Url);
        origin.Answers = StillStands;
        var sent = origin.BytesSent;

        var answer = await node.GetAsync(origin.Url, Several);

        AssertParts(answer);
        Assert.Equal(2, origin.Requests.Count);
        Assert.Equal(("bytes=1500000-1500009,0-99999,-7", "\"v1\""), (origin.Requests.Last().Field("Range"), origin.Requests.Last().Field("If-None-Match")));
        Assert.Equal(sent, origin.BytesSent);
        Assert.Contains("fwd-status=304", answer.Field("Cache-Status"), StringComparison.Ordinal);
        var receipt = await node.ReceiptAsync(answer);
        Assert.Equal(("complete", 10 + 100_000 + 7L), (receipt.Outcome, receipt.TotalBytes));
    }

    [Fact]
    public async Task Suffix_StillStanding_ComesFromTheStoreToo()
    {
        await using var origin = new FilmOrigin(Film) { Link = null };
        await using var node = await TestNode.StartAsync(new() { Time = new FakeTime() });
        await node.GetAsync(origin.Url);
        origin.Answers = StillStands;

        var answer = await node.GetAsync(origin.Url, "Range: bytes=-500");

        Assert.Equal((206, $"bytes {Film.Length - 500}-{Film.Length - 1}/{Film.Length}"), (answer.Status, answer.Field("Content-Range")));
        PermissionTests.AssertBytes(Film.Bytes, Film.Length - 500, answer.Body, 500);
    }

    [Fact]
    public async Task Known_DeniedByNow_Is403_ThoughEveryByteIsHere()
    {
        var time = new FakeTime();
        await using var origin = new FilmOrigin(Film) { Link = null };
        await using var node = await TestNode.StartAsync(new() { Time = time });
        await node.GetAsync(origin.Url);
        time.Advance(TimeSpan.FromSeconds(6));
        origin.Answers = _ => FilmReply.Empty(403);

        Assert.Equal(403, (await node.GetAsync(origin.Url, Several)).Status);
    }

    [Fact]
    public async Task Unknown_IsTheOriginsOwnAnswer_UntouchedAndNotKeptAsOnePart()
    {
        const string body = "--S\r\nContent-Range: bytes 0-1/2000000\r\n\r\nab\r\n--S\r\nContent-Range: bytes 900-901/2000000\r\n\r\ncd\r\n--S--\r\n";
        var time = new FakeTime();
        await using var origin = new FilmOrigin(Film) { Link = null };
        origin.Answers = r => r.Field("Range")?.Contains(',', StringComparison.Ordinal) == true
            ? new(206, ["ETag: \"v1\"", "Content-Type: multipart/byteranges; boundary=S", $"Content-Length: {body.Length}", $"Content-Range: bytes 0-{body.Length - 1}/{Film.Length}"],
                System.Text.Encoding.Latin1.GetBytes(body), 0, body.Length)
            : null;
        await using var node = await TestNode.StartAsync(new() { Time = time });

        var answer = await node.GetAsync(origin.Url, "Range: bytes=0-1,900-901");
        var whole = await node.GetAsync(origin.Url);

        Assert.Equal((206, body, "multipart/byteranges; boundary=S"), (answer.Status, System.Text.Encoding.Latin1.GetString(answer.Body), answer.Field("Content-Type")));
        PermissionTests.AssertBytes(Film.Bytes, 0, whole.Body, Film.Length); // the lying Content-Range beside the parts put nothing into the store
    }

    [Fact]
    public async Task Torrent_PartsComeFromPeers()
    {
        await using var seed = new SeedPeer(Film);
        await using var node = await TestNode.StartAsync(new() { Peers = [seed], Torrents = [Film] });
        var answer = await node.GetAsync($"/torrents/{Film.Infohash}", Several);
        AssertParts(answer);
        Assert.Equal("nosniff", answer.Field("X-Content-Type-Options"));
    }

    [Fact]
    public async Task SmallCached_IsMultipart_AndAHeadSaysTheWhole()
    {
        await using var origin = new FilmOrigin(Film) { Link = null, Path = "/page" };
        var page = System.Text.Encoding.Latin1.GetBytes(string.Concat(Enumerable.Range(0, 250).Select(i => $"{i:D4}")));
        origin.Answers = _ => new(200, ["Cache-Control: max-age=60", "Content-Type: text/plain", $"Content-Length: {page.Length}"], page, 0, page.Length);
        await using var node = await TestNode.StartAsync(new() { Time = new FakeTime() });
        await node.GetAsync(origin.Url);

        var answer = await node.GetAsync(origin.Url, "Range: bytes=800-803,0-3,2000-");
        var head = await node.HeadAsync(origin.Url, "Range: bytes=800-803,0-3");
        var joined = await node.GetAsync(origin.Url, "Range: bytes=0-3,8-11");
        var none = await node.GetAsync(origin.Url, "Range: bytes=1000-,2000-");

        Assert.Equal(206, answer.Status);
        Assert.Equal(["800 0200 text/plain 1000", "0 0000 text/plain 1000"], MultipartText.Parse(answer).Select(p => $"{p.First} {System.Text.Encoding.Latin1.GetString(p.Bytes)} {p.Type} {p.Total}"));
        Assert.Equal((200, "1000", "text/plain"), (head.Status, head.Field("Content-Length"), head.Field("Content-Type")));
        Assert.Equal((206, "bytes 0-11/1000"), (joined.Status, joined.Field("Content-Range")));
        Assert.Equal((416, "bytes */1000"), (none.Status, none.Field("Content-Range")));
        Assert.Single(origin.Requests);
    }

    [Fact] // the content holds what looks like a delimiter; the real boundary is new each time
    public async Task Boundary_IsNewEachTime()
    {
        await using var origin = new FilmOrigin(Film) { Link = null };
        await using var node = await TestNode.StartAsync(new() { Time = new FakeTime() });
        await node.GetAsync(origin.Url);
        origin.Answers = StillStands;
        var one = await node.GetAsync(origin.Url, Several);
        var two = await node.GetAsync(origin.Url, Several);
        Assert.NotEqual(one.Field("Content-Type"), two.Field("Content-Type"));
    }

    private static FilmReply? StillStands(FilmRequest request) => request.Field("If-None-Match") == "\"v1\"" ? new(304, ["ETag: \"v1\""], [], 0, 0) : null;

    private static void AssertParts(RawAnswer answer)
    {
        Assert.Equal(206, answer.Status);
        Assert.Null(answer.Field("Content-Range"));
        var parts = MultipartText.Parse(answer);
        Assert.Equal([1_500_000L, 0, Film.Length - 7], parts.Select(p => p.First));
        Assert.All(parts, p => Assert.Equal((Film.Length, "video/mp4"), (p.Total, p.Type)));
        foreach (var part in parts)
        {
            PermissionTests.AssertBytes(Film.Bytes, (int)part.First, part.Bytes, part.Bytes.Length);
        }
    }
}
