using System.Text;
using Swarm.Proxy.Gateway;
using Swarm.Proxy.Tests.Harness;
using Swarm.Proxy.Tests.Swarmed;

namespace Swarm.Proxy.Tests.Gateway;

/// <summary>Registries and hubs through the gateway: nothing they answer leads their clients around it.</summary>
public sealed class ToolGatewayTests
{
    private const string Pip = "Accept: application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01";
    private const string Npm = "Accept: application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*";

    private static string Answer(string fields, string body) => $"HTTP/1.1 200 OK\r\n{fields}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";

    private static string PathOf(string head) => head.Split(' ')[1];

    [Theory]
    [InlineData(Pip, "Content-Type: text/html", "<a href=\"/packages/foo.whl#sha256=ab\">", "<a href=\"{0}/packages/foo.whl#sha256=ab\">")]
    [InlineData(Pip, "Content-Type: application/vnd.pypi.simple.v1+json", "{\"files\":[{\"url\":\"foo.whl\"}]}", "{\"files\":[{\"url\":\"{0}/simple/foo/foo.whl\"}]}")]
    [InlineData(Npm, "Content-Type: application/json", "{\"dist\":{\"tarball\":\"/foo.tgz\"}}", "{\"dist\":{\"tarball\":\"{0}/foo.tgz\"}}")]
    public async Task Index_OfARegistry_LinksBackIntoTheGateway(string accept, string type, string body, string expected)
    {
        await using var origin = RawOrigin.Always(Answer($"{type}\r\nETag: \"v1\"\r\nDigest: sha-256=x", body));
        await using var front = await TestFront.StartAsync();

        var answer = await front.GetLocalAsync($"/gateway/http/{origin.Authority}/simple/foo/", accept, "Accept-Encoding: gzip", "Range: bytes=0-1");

        Assert.Equal(expected.Replace("{0}", $"http://127.0.0.1:{front.Port}/gateway/http/{origin.Authority}", StringComparison.Ordinal), answer.Text);
        Assert.Equal("W/\"v1\"", answer.Field("ETag"));
        Assert.False(answer.Has("Digest"));
        var head = Assert.Single(origin.Heads);
        Assert.Contains("\r\nAccept-Encoding: identity\r\n", head, StringComparison.Ordinal);
        Assert.DoesNotContain("Range:", head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Index_ThatIsFresh_IsAnsweredFromTheCache_RewrittenForWhoAsks()
    {
        await using var origin = RawOrigin.Always(Answer("Content-Type: text/html\r\nCache-Control: max-age=600\r\nETag: \"v1\"", "<a href=\"/foo.whl\">"));
        await using var node = await TestNode.StartAsync(new() { SwarmHosts = [] });
        var path = $"/gateway/http/{origin.Authority}/simple/foo/";

        var first = await node.GetAsync(path, Pip);
        var second = await node.GetAsync(path, Pip);
        var known = await node.GetAsync(path, Pip, "If-None-Match: W/\"v1\"");

        Assert.Equal(first.Text, second.Text);
        Assert.Contains("/gateway/http/", second.Text, StringComparison.Ordinal);
        Assert.Equal((304, "W/\"v1\""), (known.Status, known.Field("ETag")));
        Assert.Contains("hit", second.Field("Cache-Status"), StringComparison.Ordinal);
        Assert.Single(origin.Heads);
    }

    [Theory]
    [InlineData("Accept: */*", "Content-Type: text/html", "<a href=\"/x\">")]
    [InlineData("Accept: application/json", "Content-Type: application/json", "{\"dist\":{\"tarball\":\"/foo.tgz\"}}")]
    [InlineData(Pip, "Content-Type: application/octet-stream", "<a href=\"/x\">")]
    [InlineData(Npm, "Content-Type: application/json\r\nContent-Encoding: gzip", "{\"dist\":{\"tarball\":\"/foo.tgz\"}}")]
    public async Task Document_ThatNobodyAskedARegistryFor_IsUntouched(string accept, string type, string body)
    {
        await using var origin = RawOrigin.Always(Answer($"{type}\r\nETag: \"v1\"", body));
        await using var front = await TestFront.StartAsync();

        var answer = await front.GetLocalAsync($"/gateway/http/{origin.Authority}/", accept);

        Assert.Equal(body, answer.Text);
        Assert.Equal("\"v1\"", answer.Field("ETag"));
    }

    /// <summary>pip escapes the colon of a link's path, and asks for that.</summary>
    [Theory]
    [InlineData("%3A")]
    [InlineData("%3a")]
    public async Task Port_EscapedInThePath_IsAPort(string colon)
    {
        await using var origin = RawOrigin.Always(Answer("Content-Type: application/octet-stream", "wheel"));
        await using var front = await TestFront.StartAsync();

        var answer = await front.GetLocalAsync($"/gateway/http/127.0.0.1{colon}{origin.Port}/a%3Ab");

        Assert.Equal("wheel", answer.Text);
        Assert.StartsWith("GET /a%3Ab HTTP/1.1\r\n", Assert.Single(origin.Heads), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1%2Fx")]
    [InlineData("user%40127.0.0.1")]
    [InlineData("%31%32%37.0.0.1")]
    public async Task Host_EscapedInThePath_IsNoHost(string host)
    {
        await using var origin = RawOrigin.Always(Answer("Content-Type: application/octet-stream", "wheel"));
        await using var front = await TestFront.StartAsync();

        Assert.Equal(400, (await front.GetLocalAsync($"/gateway/http/{host}:{origin.Port}/")).Status);
        Assert.Empty(origin.Heads);
    }

    [Fact]
    public async Task Index_BehindARedirect_LinksAgainstWhereItCameFrom()
    {
        await using var origin = RawOrigin.Start(async s =>
        {
            while (await s.ReadHeadAsync() is { } head)
            {
                await s.WriteAsync(PathOf(head) == "/simple/Foo"
                    ? "HTTP/1.1 301 Moved\r\nLocation: /other/foo/\r\nContent-Length: 0\r\n\r\n"
                    : Answer("Content-Type: text/html", "<a href=\"foo.whl\">"));
            }
        });
        await using var front = await TestFront.StartAsync();

        Assert.Contains($"/gateway/http/{origin.Authority}/other/foo/foo.whl\"", (await front.GetLocalAsync($"/gateway/http/{origin.Authority}/simple/Foo", Pip)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Index_ThatBreaksOff_Is502AndNoHalfDocument()
    {
        await using var origin = RawOrigin.Start(async s =>
        {
            await s.ReadHeadAsync();
            await s.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100\r\n\r\n<a href=\"/x\">");
            s.Reset();
        });
        await using var front = await TestFront.StartAsync();

        Assert.Equal(502, (await front.GetLocalAsync($"/gateway/http/{origin.Authority}/", Pip)).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // a mirror setting that takes no path: Docker's registry-mirrors
    public async Task OciPull_ManifestAndBlob_NeverLeaveTheGatewayAndTheTokenStaysAtTheRegistry(bool isRoot)
    {
        await using var cdn = RawOrigin.Always(Answer("Content-Type: application/octet-stream", "layer"));
        await using var registry = RawOrigin.Start(async s =>
        {
            while (await s.ReadHeadAsync() is { } head)
            {
                await s.WriteAsync(
                    !head.Contains("Authorization: Bearer t", StringComparison.Ordinal) ? "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"https://auth.example/token\"\r\nContent-Length: 0\r\n\r\n"
                    : PathOf(head).Contains("/blobs/", StringComparison.Ordinal) ? $"HTTP/1.1 307 Temporary Redirect\r\nLocation: {cdn.Url}/signed?X-Expires=1\r\nDocker-Content-Digest: sha256:ab\r\nContent-Length: 0\r\n\r\n"
                    : Answer("Content-Type: application/vnd.oci.image.manifest.v1+json\r\nDocker-Content-Digest: sha256:cd", "{}"));
            }
        });
        await using var front = await TestFront.StartAsync(new() { GatewayRoot = isRoot ? GatewayRootRoute.RootOf(registry.Url) : null });
        var mirror = isRoot ? "/v2/library/x" : $"/gateway/http/{registry.Authority}/v2/library/x"; // hosts.toml: override_path = true

        var challenge = await front.GetLocalAsync($"{mirror}/manifests/latest?ns=docker.io");
        var manifest = await front.GetLocalAsync($"{mirror}/manifests/latest?ns=docker.io", "Authorization: Bearer t", "Accept: application/vnd.oci.image.manifest.v1+json");
        var blob = await front.GetLocalAsync($"{mirror}/blobs/sha256:ab?ns=docker.io", "Authorization: Bearer t");

        Assert.Equal("Bearer realm=\"https://auth.example/token\"", challenge.Field("WWW-Authenticate"));
        Assert.Equal(("{}", "sha256:cd"), (manifest.Text, manifest.Field("Docker-Content-Digest")));
        Assert.Equal((200, "layer", "sha256:ab"), (blob.Status, blob.Text, blob.Field("Docker-Content-Digest")));
        Assert.False(blob.Has("Location"));
        Assert.All(registry.Heads, h => Assert.DoesNotContain("ns=", PathOf(h), StringComparison.Ordinal));
        Assert.DoesNotContain("Authorization", Assert.Single(cdn.Heads), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET /v2/ HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421)]
    [InlineData("GET /v2/ HTTP/1.1\r\nHost: 127.0.0.1:{0}\r\nSec-Fetch-Site: none\r\n\r\n", 403)]
    [InlineData("GET /v2/ HTTP/1.1\r\nHost: 127.0.0.1:{0}\r\nOrigin: http://evil.example\r\n\r\n", 403)]
    [InlineData("POST /v2/x/blobs/uploads/ HTTP/1.1\r\nHost: 127.0.0.1:{0}\r\nContent-Length: 0\r\n\r\n", 405)]
    [InlineData("GET /torrents/0123456789012345678901234567890123456789 HTTP/1.1\r\nHost: 127.0.0.1:{0}\r\n\r\n", 404)] // the port's own
    [InlineData("GET /gateway/ftp/x/ HTTP/1.1\r\nHost: 127.0.0.1:{0}\r\n\r\n", 400)]
    public async Task Root_IsUnderTheGatewaysRules_AndAfterThePortsOwnPaths(string request, int status)
    {
        await using var registry = RawOrigin.Always(Answer("X: 1", "ok"));
        await using var front = await TestFront.StartAsync(new() { GatewayRoot = GatewayRootRoute.RootOf(registry.Url) });

        Assert.Equal(status, (await front.ExchangeAsync(request.Replace("{0}", front.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal))).Status);

        Assert.Equal(0, registry.Connections);
        Assert.Equal("ok", (await front.GetLocalAsync("/v2/a%2Fb?x")).Text);
        Assert.StartsWith("GET /v2/a%2Fb?x HTTP/1.1\r\n", Assert.Single(registry.Heads), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("registry-1.docker.io", "/gateway/https/registry-1.docker.io")]
    [InlineData("https://registry-1.docker.io/", "/gateway/https/registry-1.docker.io")]
    [InlineData("HTTP://127.0.0.1:5000", "/gateway/http/127.0.0.1:5000")]
    [InlineData("[::1]:5000", "/gateway/https/[::1]:5000")]
    [InlineData("ftp://a.example", null)]
    [InlineData("a.example/path", null)]
    [InlineData("user@a.example", null)]
    [InlineData("https://", null)]
    [InlineData("", null)]
    public void Root_IsAHost(string text, string? root) => Assert.Equal(root, GatewayRootRoute.RootOf(text));

    [Fact]
    public async Task ModelHub_SignedRedirectThatExpires_IsAskedAgainAtTheHub()
    {
        const string Model = "0123456789";
        var signed = 0;
        await using var cdn = RawOrigin.Start(async s =>
        {
            while (await s.ReadHeadAsync() is { } head)
            {
                var fresh = PathOf(head) == $"/signed?{Volatile.Read(ref signed)}";
                var ranged = head.Contains("Range: bytes=5-9", StringComparison.Ordinal);
                await s.WriteAsync(!fresh ? "HTTP/1.1 403 Expired\r\nContent-Length: 0\r\n\r\n"
                    : head.StartsWith("HEAD", StringComparison.Ordinal) ? $"HTTP/1.1 200 OK\r\nETag: \"s3\"\r\nContent-Length: {Model.Length}\r\n\r\n"
                    : ranged ? "HTTP/1.1 206 Partial Content\r\nETag: \"s3\"\r\nContent-Range: bytes 5-9/10\r\nContent-Length: 5\r\n\r\n56789"
                    : Answer("ETag: \"s3\"", Model));
            }
        });
        await using var hub = RawOrigin.Start(async s =>
        {
            while (await s.ReadHeadAsync() is not null)
            {
                // Each link is good until the next one is given out.
                await s.WriteAsync($"HTTP/1.1 302 Found\r\nLocation: {cdn.Url}/signed?{Interlocked.Increment(ref signed)}\r\nX-Repo-Commit: c0ffee\r\nX-Linked-ETag: \"sha\"\r\nX-Linked-Size: 10\r\n"
                    + "X-Xet-Hash: aa\r\nLink: </xet>; rel=\"xet-auth\"\r\nContent-Length: 0\r\n\r\n");
            }
        });
        await using var front = await TestFront.StartAsync();
        var file = $"/gateway/http/{hub.Authority}/org/model/resolve/main/w.bin";

        var head = await RawClient.ExchangeAsync(front.EndPoint, $"HEAD {file} HTTP/1.1\r\nHost: 127.0.0.1:{front.Port}\r\n\r\n");
        var whole = await front.GetLocalAsync(file);
        var rest = await front.GetLocalAsync(file, "Range: bytes=5-9");

        Assert.Equal((200, "c0ffee", "\"sha\"", "10"), (head.Status, head.Field("X-Repo-Commit"), head.Field("X-Linked-ETag"), head.Field("X-Linked-Size")));
        Assert.All(new[] { head, whole, rest }, a => Assert.False(a.Has("Location") || a.Has("X-Xet-Hash") || a.Has("Link")));
        Assert.Equal((Model, 206, "56789"), (whole.Text, rest.Status, rest.Text));
        Assert.Equal(3, hub.Heads.Count);
    }

    [Fact]
    public async Task RedirectFacts_OfAnotherOrigin_AreNotTaken()
    {
        await using var last = RawOrigin.Always(Answer("ETag: \"x\"", "ok"));
        await using var second = RawOrigin.Always($"HTTP/1.1 302 Found\r\nLocation: {last.Url}/\r\nX-Repo-Commit: forged\r\nContent-Length: 0\r\n\r\n");
        await using var first = RawOrigin.Always($"HTTP/1.1 302 Found\r\nLocation: {second.Url}/\r\nX-Linked-Size: 2\r\nContent-Length: 0\r\n\r\n");
        await using var front = await TestFront.StartAsync();

        var answer = await front.GetLocalAsync($"/gateway/http/{first.Authority}/");

        Assert.Equal(("ok", "2"), (answer.Text, answer.Field("X-Linked-Size")));
        Assert.False(answer.Has("X-Repo-Commit"));
    }
}
