using System.Net;
using System.Text.Json;
using Swarm.Proxy.Front;
using Swarm.Proxy.Tests.Harness;
using Swarm.Proxy.Tests.Interception;

namespace Swarm.Proxy.Tests.Front;

/// <summary>The access log: what each request did, in the combined format or as JSON, and never a secret or a forged line.</summary>
public sealed class AccessLogTests
{
    private static readonly AccessEntry Entry = new(
        new DateTimeOffset(2026, 11, 22, 7, 8, 9, 123, TimeSpan.FromHours(2)), IPAddress.Parse("192.0.2.7"), "alice", "GET", "http://example.org/a?b", "HTTP/1.1", 206, 1234,
        TimeSpan.FromMilliseconds(4.5), "http://page.example/", "curl/8", "swarm; hit");

    [Fact]
    public void Combined_AsLogToolsReadIt() => Assert.Equal(
        "192.0.2.7 - alice [22/Nov/2026:05:08:09 +0000] \"GET http://example.org/a?b HTTP/1.1\" 206 1234 \"http://page.example/\" \"curl/8\"", AccessText.Combined(Entry));

    [Fact]
    public void Json_OneObjectALine() => Assert.Equal(
        """{"time":"2026-11-22T05:08:09.123Z","client":"192.0.2.7","user":"alice","method":"GET","target":"http://example.org/a?b","protocol":"HTTP/1.1","status":206,"bytes":1234,"duration_ms":4.5,"cache_status":"swarm; hit","referer":"http://page.example/","user_agent":"curl/8"}""",
        AccessText.Json(Entry));

    [Fact]
    public void Combined_WhatAClientWrote_CannotEndItsField()
    {
        var line = AccessText.Combined(Entry with { User = "a b", UserAgent = "x\" 200 \"\r\nfake \\ \u00e4", Referer = null });

        Assert.EndsWith("206 1234 \"-\" \"x\\x22 200 \\x22\\x0D\\x0Afake \\x5C \\xC3\\xA4\"", line, StringComparison.Ordinal);
        Assert.Contains(" - a\\x20b [", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://example.org/a?b=c", "http://example.org/a?b=c")]
    [InlineData("http://example.org/a?X-Amz-Signature=secret&b=c", "http://example.org/a?...")]
    [InlineData("http://user:secret@example.org/a?q", "http://example.org/a?...")]
    [InlineData("http://user:secret@example.org", "http://example.org")]
    [InlineData("/gateway/https/example.org/a?token=secret", "/gateway/https/example.org/a?...")]
    [InlineData("/gateway/~secret/https/example.org/a?b", "/gateway/~.../https/example.org/a?b")]
    [InlineData("/gateway/~secret", "/gateway/~...")]
    [InlineData("http://example.org/@b", "http://example.org/@b")]
    public void Target_IsShownWithoutItsSecret(string target, string shown) => Assert.Equal(shown, AccessText.Shown(target));

    [Theory]
    [InlineData("1.1", "/a?b=c", "/a?b=c")]
    [InlineData("2.0", "/a?token=secret", "/a?...")]
    public async Task Requests_OutOfAnOpenedTunnel_AreLoggedWithTheirHost(string version, string path, string shown)
    {
        var folder = Directory.CreateTempSubdirectory("swarm-access-");
        try
        {
            var file = Path.Combine(folder.FullName, "log");
            using var origins = new TestAuthority();
            await using var origin = RawOrigin.Always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", origins.Leaf("site.example"));
            await using (var log = AccessLog.Open(file, json: false))
            await using (var test = await TestInterception.StartAsync(origin, new TestFrontOptions { AccessLog = log }, origins))
            {
                using var client = test.Client(Version.Parse(version));
                await client.GetStringAsync(new Uri($"https://site.example:{origin.Port}{path}"), TestContext.Current.CancellationToken);
            }

            var lines = await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken);
            Assert.Contains(lines, l => l.Contains($"\"GET https://site.example:{origin.Port}{shown} HTTP/{(version == "2.0" ? "2" : version)}\" 200 2 ", StringComparison.Ordinal));
            Assert.Contains(lines, l => l.Contains($"\"CONNECT site.example:{origin.Port} HTTP/1.1\" 200 ", StringComparison.Ordinal));
            Assert.DoesNotContain("secret", string.Concat(lines), StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Requests_AreLoggedWithStatusAndBytes()
    {
        var file = Path.Combine(Path.GetTempPath(), $"swarm-access-{Guid.NewGuid():N}.log");
        try
        {
            await using (var origin = RawOrigin.Always("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"))
            await using (var tunnel = RawOrigin.Start(s => s.WriteAsync("seven b")))
            {
                await using var log = AccessLog.Open(file, json: true);
                await using var front = await TestFront.StartAsync(new TestFrontOptions { AccessLog = log, ConnectPorts = new HashSet<int> { tunnel.Port } });
                await front.GetAsync($"{origin.Url}/a", "User-Agent: one");
                await front.ExchangeAsync($"HEAD {origin.Url}/b HTTP/1.1\r\nHost: x\r\n\r\n");
                await front.GetAsync("http://127.0.0.1:1/c");
                await front.ExchangeAsync("CONNECT example.org:80 HTTP/1.1\r\n\r\n");
                using var client = await front.ConnectAsync();
                await client.SendAsync($"CONNECT {tunnel.Authority} HTTP/1.1\r\n\r\n");
                await client.ReadHeadAsync();
                Assert.Equal(7, (await client.ReadToEndAsync()).Bytes.Length);
                client.Dispose();
            }

            var lines = (await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken)).Select(l => JsonDocument.Parse(l).RootElement).ToList();
            var seen = lines.Select(l => (l.GetProperty("method").GetString(), l.GetProperty("status").GetInt32(), l.GetProperty("bytes").GetInt64())).ToList();
            Assert.Equal(5, seen.Count);
            Assert.Contains(("GET", 200, 5L), seen);
            Assert.Contains(("HEAD", 200, 0L), seen);
            Assert.Contains(seen, e => e is ("GET", 502, > 0));
            Assert.Contains(("CONNECT", 403, 0L), seen);
            Assert.Contains(("CONNECT", 200, 7L), seen);
            Assert.Contains(lines, l => l.TryGetProperty("user_agent", out var agent) && agent.GetString() == "one");
            if (!OperatingSystem.IsWindows())
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            }
        }
        finally
        {
            File.Delete(file);
        }
    }
}
