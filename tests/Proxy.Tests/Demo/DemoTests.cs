using System.Buffers.Binary;
using System.Text;
using Swarm.Proxy.Demo;

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
        Assert.Equal(["ftyp", "moov"], boxes.Take(2).Select(b => b.Type));
        Assert.All(boxes.Skip(2).Chunk(2), pair => Assert.Equal(["moof", "mdat"], pair.Select(b => b.Type)));
        var times = boxes.Where(b => b.Type == "moof").Select(b => DecodeTime(b.Body)).ToList();
        Assert.Equal(15, times.Count);
        Assert.Equal(Enumerable.Range(0, 15).Select(i => i * 24_576L), times);
        Assert.Equal(30, film.Seconds);
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

    [Fact]
    public async Task Demo_IsReady_WithAPageThatPlaysTheFilmByACapability()
    {
        using var cli = new CliHarness();
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        var running = cli.RunAsync(ProgramParts.All, "demo");
        var ready = await cli.ReadyAsync();
        var page = ready.Split(' ').First(p => p.StartsWith("page=", StringComparison.Ordinal))["page=".Length..];

        var text = await http.GetStringAsync(new Uri(page), TestContext.Current.CancellationToken);
        var source = text.Split("<video")[1].Split("src=\"")[1].Split('"')[0];
        using var request = new HttpRequestMessage(HttpMethod.Get, source);
        request.Headers.Add("Sec-Fetch-Dest", "video");
        request.Headers.Range = new(0, 99_999);
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Matches("^http://127.0.0.1:[0-9]+/gateway/~[A-Za-z0-9_-]{43}/http/127.0.0.1:[0-9]+/film.mp4$", source);
        Assert.Equal(206, (int)answer.StatusCode);
        Assert.Equal(DemoFilm.Repeat(Clip, 9).Bytes[..100_000], await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.DoesNotContain("http://", text.Replace(source, "", StringComparison.Ordinal), StringComparison.Ordinal);
        cli.Stop();
        Assert.Equal(0, await running);
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
