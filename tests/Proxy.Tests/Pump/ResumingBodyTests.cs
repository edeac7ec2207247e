using System.Globalization;
using Swarm.Proxy.Tests.Harness;
using Swarm.Testing;

namespace Swarm.Proxy.Tests.Pump;

/// <summary>A passed-through body whose origin breaks off: resumed under the same strong validator with 64 KiB compared, and reset wherever that fails.</summary>
public sealed class ResumingBodyTests
{
    private const int Total = 700_001;
    private const int Overlap = 64 * 1024;

    private static readonly byte[] File = [.. Enumerable.Range(0, Total).Select(i => (byte)((i * 2654435761L) >> 13))];

    private static byte[] Other
    {
        get
        {
            var other = File.ToArray();
            other[199_000] ^= 1; // inside the overlap of a break at 200 000
            return other;
        }
    }

    [Theory]
    [InlineData(200_000, null)]
    [InlineData(1, null)]
    [InlineData(Total - 1, null)]
    [InlineData(200_000, "bytes=100000-")]
    [InlineData(200_000, "bytes=100000-650000")]
    public async Task Body_BreaksOnce_IsWholeAndTheOverlapWasReadAgain(int afterBytes, string? range)
    {
        await using var origin = Breaking([afterBytes]);
        await using var front = await TestFront.StartAsync();

        var answer = await front.GetAsync($"{origin.Url}/", range is null ? [] : [$"Range: {range}"]);

        var first = range is null ? 0 : 100_000;
        var last = range is "bytes=100000-650000" ? 650_000 : Total - 1;
        Assert.True(File.AsSpan(first, last - first + 1).SequenceEqual(answer.Body));
        var delivered = Math.Min(afterBytes, last - first + 1);
        if (delivered < last - first + 1)
        {
            Assert.Contains($"\r\nRange: bytes={first + delivered - Math.Min(Overlap, delivered)}-{last}\r\n", origin.Heads.Last(), StringComparison.Ordinal);
            Assert.Equal(2, origin.Heads.Count);
        }
    }

    [Fact]
    public async Task Body_BreaksEvery100KB_IsWhole()
    {
        // Each answer brings its overlap first, and 100 KB that are new.
        await using var origin = Breaking([.. Enumerable.Repeat(100_000 + Overlap, 20)]);
        await using var front = await TestFront.StartAsync();

        var answer = await front.GetAsync($"{origin.Url}/");

        Assert.True(File.AsSpan().SequenceEqual(answer.Body));
        Assert.Equal(7, origin.Heads.Count);
    }

    [Theory]
    [InlineData("its bytes", "HTTP/1.1 206 P\r\nETag: \"v1\"\r\n", true)]
    [InlineData("its tag", "HTTP/1.1 206 P\r\nETag: \"v2\"\r\n", false)]
    [InlineData("its tag to a weak one", "HTTP/1.1 206 P\r\nETag: W/\"v1\"\r\n", false)]
    [InlineData("its tag to none", "HTTP/1.1 206 P\r\n", false)]
    [InlineData("its coding", "HTTP/1.1 206 P\r\nETag: \"v1\"\r\nContent-Encoding: gzip\r\n", false)]
    [InlineData("its mind about ranges", "HTTP/1.1 200 OK\r\nETag: \"v1\"\r\n", false)]
    [InlineData("its mind about the client", "HTTP/1.1 403 Forbidden\r\n", false)]
    public async Task Body_WhoseOriginChanges_IsReset(string what, string head, bool otherBytes)
    {
        Assert.NotEmpty(what);
        await using var origin = Breaking([200_000], (first, last) => (
            head + string.Create(CultureInfo.InvariantCulture, $"Content-Range: bytes {first}-{last}/{Total}\r\nContent-Length: {last - first + 1}\r\n\r\n"), otherBytes ? Other : File));
        await AssertResetAsync(origin, 2);
    }

    [Theory]
    [InlineData(0, 0, 1)] // another total
    [InlineData(1, 0, 0)] // not where asked
    [InlineData(0, -1, 0)] // not to the end
    public async Task Body_WhoseRestDoesNotFit_IsReset(int shift, int less, int more)
    {
        await using var origin = Breaking([200_000], (first, last) => (
            string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 206 P\r\nETag: \"v1\"\r\nContent-Range: bytes {first + shift}-{last + less}/{Total + more}\r\nContent-Length: {last + less - first - shift + 1}\r\n\r\n"), File));
        await AssertResetAsync(origin, 2);
    }

    [Theory]
    [InlineData("ETag: W/\"v1\"")]
    [InlineData("X-Nothing: to pin it")]
    [InlineData("ETag: \"v1\"\r\nAccept-Ranges: none")]
    public async Task Body_ThatNothingPins_IsNotResumed(string fields)
    {
        await using var origin = RawOrigin.Start(async s =>
        {
            await s.ReadHeadAsync();
            await s.WriteAsync($"HTTP/1.1 200 OK\r\n{fields}\r\nContent-Length: {Total}\r\n\r\n");
            await s.WriteAsync(File.AsMemory(0, 200_000));
        });
        await AssertResetAsync(origin, 1);
    }

    [Fact]
    public async Task Body_WhoseOriginDiesEachTime_IsResetAfterAFewTries()
    {
        var time = new FakeTime();
        var first = true;
        await using var origin = RawOrigin.Start(async s =>
        {
            await s.ReadHeadAsync();
            if (first)
            {
                first = false;
                await s.WriteAsync($"HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: {Total}\r\n\r\n");
                await s.WriteAsync(File.AsMemory(0, 200_000));
            }
        });
        await using var front = await TestFront.StartAsync(new TestFrontOptions { Time = time });
        using var client = await front.ConnectAsync();
        await client.SendAsync($"GET {origin.Url}/ HTTP/1.1\r\nHost: x\r\n\r\n");
        var end = client.ReadToEndAsync();

        await Eventually.IsTrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return end.IsCompleted;
            },
            "the client is reset");

        Assert.True((await end).WasReset);
        Assert.Equal(6, origin.Heads.Count);
    }

    private static async Task AssertResetAsync(RawOrigin origin, int requests)
    {
        await using var front = await TestFront.StartAsync();
        using var client = await front.ConnectAsync();
        await client.SendAsync($"GET {origin.Url}/ HTTP/1.1\r\nHost: x\r\n\r\n");
        await client.ReadHeadAsync();

        var (bytes, wasReset) = await client.ReadToEndAsync();

        Assert.True(wasReset);
        Assert.True(bytes.AsSpan().SequenceEqual(File.AsSpan(0, bytes.Length)), "what came before the reset is of the first version");
        Assert.Equal(requests, origin.Heads.Count);
    }

    /// <summary>An honest range server that breaks its n-th answer after so many bytes of content.</summary>
    private static RawOrigin Breaking(int[] after, Func<long, long, (string Head, byte[] File)>? later = null)
    {
        var number = -1;
        return RawOrigin.Start(async s =>
        {
            if (await s.ReadHeadAsync() is not { } head)
            {
                return;
            }

            var n = Interlocked.Increment(ref number);
            var range = head.Split("\r\n").FirstOrDefault(l => l.StartsWith("Range: bytes=", StringComparison.Ordinal))?["Range: bytes=".Length..].Split('-');
            var first = range is null ? 0 : long.Parse(range[0], CultureInfo.InvariantCulture);
            var last = range is null || range[1].Length == 0 ? Total - 1 : long.Parse(range[1], CultureInfo.InvariantCulture);
            var (answer, file) = n > 0 && later is not null ? later(first, last) : (string.Create(CultureInfo.InvariantCulture,
                $"HTTP/1.1 {(range is null ? "200 OK" : $"206 P\r\nContent-Range: bytes {first}-{last}/{Total}")}\r\nETag: \"v1\"\r\nContent-Length: {last - first + 1}\r\n\r\n"), File);
            await s.WriteAsync(answer);
            var count = (int)(last - first + 1);
            await s.WriteAsync(file.AsMemory((int)first, n < after.Length ? Math.Min(count, after[n]) : count));
        });
    }
}
