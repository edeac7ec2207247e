using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Swarm.Proxy.Demo;
using Swarm.Proxy.Tests.Harness;

namespace Swarm.Proxy.Tests.Demo;

/// <summary>The demo: its film is one long film, and one run of it ends with a receipt.</summary>
public sealed class DemoTests
{
    private static byte[] Clip
    {
        get
        {
            using var stream = typeof(DemoFilm).Assembly.GetManifestResourceStream("demo/clip.mp4")!;
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        }
    }

    [Fact]
    public void Film_IsOneHeadAndFragmentsWhoseClockGoesOn()
    {
        var film = DemoFilm.Repeat(Clip, 3);

        var boxes = Boxes(film.Bytes).ToList();
        Assert.Equal(["ftyp", "moov", "sidx"], boxes.Take(3).Select(b => b.Type));
        Assert.All(boxes.Skip(3).Chunk(2), pair => Assert.Equal(["moof", "mdat"], pair.Select(b => b.Type)));
        var times = boxes.Where(b => b.Type == "moof").Select(b => DecodeTime(b.Body)).ToList();
        Assert.Equal(15, times.Count);
        Assert.Equal(Enumerable.Range(0, 15).Select(i => i * 24_576L), times);
        Assert.Equal(30, film.Seconds);
    }

    [Fact]
    public void Index_LeadsToEveryFragmentAndToTheEnd()
    {
        var film = DemoFilm.Repeat(Clip, 3);
        var boxes = Boxes(film.Bytes).ToList();
        var index = boxes[2].Body.AsSpan();
        var at = boxes.Take(3).Sum(b => b.Body.Length + 8);
        var ticks = 0L;
        Assert.Equal(15, BinaryPrimitives.ReadUInt16BigEndian(index[30..]));
        for (var i = 0; i < 15; i++)
        {
            Assert.Equal("moof", Encoding.ASCII.GetString(film.Bytes, at + 4, 4));
            Assert.Equal(ticks, DecodeTime(Boxes(film.Bytes[at..]).First().Body));
            at += BinaryPrimitives.ReadInt32BigEndian(index[(32 + (12 * i))..]);
            ticks += BinaryPrimitives.ReadUInt32BigEndian(index[(36 + (12 * i))..]);
        }

        Assert.Equal((film.Bytes.Length, 30 * 12_288L), (at, ticks));
    }

    [Fact]
    public async Task Once_DownloadsFromItsPeers_PrintsTheReceipt_AndLeavesNothing()
    {
        using var cli = new CliHarness();
        cli.Variables["TMPDIR"] = cli.Root;

        Assert.True(await cli.RunAsync(ProgramParts.All, "demo", "--once") == 0, cli.Error.Text);

        Assert.Matches(@"^film\.mp4 6\.05 MiB .* (peer|peers) .* verified L5c cleartext", Assert.Single(cli.Out.Lines));
        Assert.Contains(cli.Error.Lines, l => l.StartsWith("Every byte is the film's.", StringComparison.Ordinal));
        Assert.Empty(Directory.GetFileSystemEntries(cli.Root));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public void Spoiler_TurnsOneBitOfEachBlock_AndNothingElse_InWhateverParts(int step)
    {
        byte[] handshake = [.. Enumerable.Range(0, 68).Select(i => (byte)i)];
        byte[] unchoke = [0, 0, 0, 1, 1], alive = [0, 0, 0, 0], piece = [0, 0, 0, 13, 7, 0, 0, 0, 1, 0, 0, 0, 0, 10, 20, 30, 40], hashes = [0, 0, 0, 12, 22, .. new byte[11]];
        byte[] stream = [.. handshake, .. unchoke, .. piece, .. alive, .. hashes, .. piece];
        var expected = stream.ToArray();
        expected[68 + 5 + 13] ^= 1;
        expected[^4] ^= 1;

        Assert.Equal(stream, Passed(stream, step, spoils: false));
        Assert.Equal(expected, Passed(stream, step, spoils: true));
    }

    [Fact]
    public async Task Tour_KillsPoisonsThrottlesAndStops_AndSaysSo()
    {
        using var cli = new CliHarness();
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        var running = cli.RunAsync(ProgramParts.All, "demo");
        var page = Part(await cli.ReadyAsync(), "page");
        await Eventually.IsTrueAsync(() => cli.Error.Lines.Any(l => l.StartsWith("Open ", StringComparison.Ordinal)), "the address with what lets the buttons work");
        var token = cli.Error.Lines.First(l => l.StartsWith("Open ", StringComparison.Ordinal)).Split('#')[1].Split(' ')[0];

        Assert.Equal(403, await PostAsync("kill", token, header: false));
        Assert.Equal(401, await PostAsync("kill", "x"));
        Assert.Equal(404, await PostAsync("explode", token));
        Assert.All((await StatusAsync()).Sources, s => Assert.NotEqual("killed", s.State));

        Assert.Equal(200, await PostAsync("kill", token));
        Assert.Equal(200, await PostAsync("poison", token));
        // Somebody reads: a lie is found, and what is read is right all the same.
        var film = DemoFilm.Repeat(Clip, 18).Bytes;
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(page + "film.mp4")) { Headers = { Range = new(4_000_000, 4_599_999) } };
        using var through = new HttpClient(new SocketsHttpHandler { Proxy = new System.Net.WebProxy(Part(cli.Out.Lines[0], "proxy")) });
        using var answer = await through.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(film[4_000_000..4_600_000], await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        await Eventually.IsTrueAsync(async () => (await StatusAsync()).Sources.Any(s => s.State == "banned"), "the liar is banned");

        Assert.Equal(200, await PostAsync("throttle", token));
        Assert.Equal(200, await PostAsync("stop-reader", token));
        var after = await StatusAsync();
        Assert.Equal((1, true, true), (after.Sources.Count(s => s.State == "killed"), after.Throttled, after.ReaderStopped));
        Assert.Equal(200, await PostAsync("mend", token));
        var mended = await StatusAsync();
        Assert.Equal((false, false), (mended.Throttled, mended.ReaderStopped));
        Assert.DoesNotContain(mended.Sources, s => s.State == "killed");
        cli.Stop();
        Assert.Equal(0, await running);

        async Task<int> PostAsync(string action, string key, bool header = true)
        {
            using var post = new HttpRequestMessage(HttpMethod.Post, page + "tour/" + action);
            post.Headers.Authorization = new("Bearer", key);
            if (header)
            {
                post.Headers.Add("X-Swarm", "1");
            }

            using var said = await http.SendAsync(post, TestContext.Current.CancellationToken);
            return (int)said.StatusCode;
        }

        async Task<DemoStatus> StatusAsync() =>
            JsonSerializer.Deserialize(await http.GetStringAsync(new Uri(page + "status"), TestContext.Current.CancellationToken), DemoJson.Default.DemoStatus)!;
    }

    [Fact]
    public async Task Demo_IsReady_WithAPageThatPlaysTheFilmByACapability()
    {
        using var cli = new CliHarness();
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        var running = cli.RunAsync(ProgramParts.All, "demo");
        var page = Part(await cli.ReadyAsync(), "page");

        var text = await http.GetStringAsync(new Uri(page), TestContext.Current.CancellationToken);
        var source = text.Split("<video")[1].Split("src=\"")[1].Split('"')[0];
        using var request = new HttpRequestMessage(HttpMethod.Get, source);
        request.Headers.Add("Sec-Fetch-Dest", "video");
        request.Headers.Range = new(0, 99_999);
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Matches("^http://127.0.0.1:[0-9]+/gateway/~[A-Za-z0-9_-]{43}/http/127.0.0.1:[0-9]+/film.mp4$", source);
        Assert.Equal(206, (int)answer.StatusCode);
        Assert.Equal(DemoFilm.Repeat(Clip, 18).Bytes[..100_000], await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.DoesNotContain("http://", text.Replace(source, "", StringComparison.Ordinal), StringComparison.Ordinal);
        cli.Stop();
        Assert.Equal(0, await running);
    }

    private static string Part(string ready, string name) => ready.Split(' ').First(p => p.StartsWith(name + "=", StringComparison.Ordinal))[(name.Length + 1)..];

    private static byte[] Passed(byte[] stream, int step, bool spoils)
    {
        var spoiler = new BlockSpoiler();
        var bytes = stream.ToArray();
        for (var at = 0; at < bytes.Length; at += step)
        {
            spoiler.Pass(bytes.AsSpan(at, Math.Min(step, bytes.Length - at)), spoils);
        }

        return bytes;
    }

    private static IEnumerable<(string Type, byte[] Body)> Boxes(byte[] bytes)
    {
        for (var at = 0; at < bytes.Length;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at));
            yield return (Encoding.ASCII.GetString(bytes, at + 4, 4), bytes[(at + 8)..(at + length)]);
            at += length;
        }
    }

    private static long DecodeTime(byte[] moof)
    {
        var traf = Boxes(moof).Single(b => b.Type == "traf").Body;
        return BinaryPrimitives.ReadInt64BigEndian(Boxes(traf).Single(b => b.Type == "tfdt").Body.AsSpan(4));
    }
}
