using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Swarm.Core;
using Swarm.Diagnostics.Analysis;
using Swarm.Proxy.Tests.Harness;

namespace Swarm.Proxy.Tests.Swarmed;

/// <summary>
/// A client stops reading, so the node stops reading its origin: what the diagnostics find about that connection, in every place where a person
/// looks for it. The whole program, in this process, with sockets that are really full.
/// </summary>
public sealed class StoppedReaderTests : IAsyncDisposable
{
    /// <summary>More than the buffers of two connections and what the engine reads ahead.</summary>
    private const int FilmBytes = 24 << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly string Stalled = VerdictText.Of(Verdict.StalledReader);

    private readonly CliHarness _node = new();
    private readonly FilmOrigin _origin;
    private readonly Film _film;
    private readonly string _records;

    public StoppedReaderTests()
    {
        _film = Film.Make(71, FilmBytes);
        _origin = new(_film);
        _records = Path.Combine(_node.Root, "records");
    }

    [Fact]
    public async Task Reader_ThatStops_IsFoundInTheApi_TheRecording_AndTheEventLog()
    {
        var running = _node.RunAsync(
            ProgramParts.All, "--data", Path.Combine(_node.Root, "data"), "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--allow-target", "127.0.0.0/8",
            "--swarm-host", "*", "--no-dht", "--no-lsd", "--share", "off", "--record", _records);
        var ready = (await _node.ReadyAsync()).Split(' ').Where(w => w.Contains('=', StringComparison.Ordinal)).ToDictionary(w => w.Split('=')[0], w => w.Split('=', 2)[1]);
        using var control = new HttpClient { BaseAddress = new Uri(ready["control"]) };
        control.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await File.ReadAllTextAsync(Path.Combine(_node.Root, "data", "state", "control.token"), TestContext.Current.CancellationToken));

        using var client = await RawClient.ConnectAsync(IPEndPoint.Parse(new Uri(ready["proxy"]).Authority), receiveBufferBytes: 64 << 10);
        await client.SendAsync($"GET {_origin.Url} HTTP/1.1\r\nHost: {_origin.Authority}\r\n\r\n");
        Assert.Equal(200, (await client.ReadHeadAsync()).Status);

        // Nobody reads on. What the dashboard shows too:
        JsonElement live = default;
        await Eventually.IsTrueAsync(async () => (live = StalledIn(await TcpAsync(control), _origin.Port)).ValueKind == JsonValueKind.Object, "the API has the finding");
        Assert.Equal(("origin", _origin.Authority), (live.GetProperty("role").GetString(), live.GetProperty("subject").GetString()));
        Assert.True(live.GetProperty("payload").GetInt64() > 0);

        // The event log of the swarm that the connection serves.
        await Eventually.IsTrueAsync(() => TcpEvents().Any(e => e.Id >= 0 && (e.A & (1 << (int)Verdict.StalledReader)) != 0), "the event log has it, with its source");

        // A copy of the recording, taken while all this goes on, as for someone elsewhere.
        var copy = Path.Combine(_node.Root, "copy.swd");
        JsonElement replayed = default;
        await Eventually.IsTrueAsync(
            async () =>
            {
                File.Copy(Path.Combine(_records, "tcp.swd"), copy, overwrite: true);
                return (replayed = StalledIn(await ReplayAsync(copy), _origin.Port)).ValueKind == JsonValueKind.Object;
            },
            "the recording gives the finding that the API gave");
        foreach (var property in new[] { "local_address", "local_port", "remote_address", "remote_port", "role", "subject", "cause" })
        {
            Assert.Equal(live.GetProperty(property).ToString(), replayed.GetProperty(property).ToString());
        }

        // It reads, and all is over: in the API, and in the log.
        var got = new byte[FilmBytes];
        using var patience = new CancellationTokenSource(Patience); // the client's own began when it connected
        await client.Stream.ReadExactlyAsync(got, patience.Token);
        Assert.True(_film.Bytes.AsSpan().SequenceEqual(got), "the client's bytes are the film's");
        await Eventually.IsTrueAsync(async () => StalledIn(await TcpAsync(control), _origin.Port).ValueKind == JsonValueKind.Undefined, "the finding goes");
        await Eventually.IsTrueAsync(() => TcpEvents() is [.., { A: 0 }], "the event log says that it went");

        _node.Stop();
        Assert.True(await running.WaitAsync(Patience, TestContext.Current.CancellationToken) == 0, _node.Error.Text);
        using var log = new CliHarness();
        Assert.True(await log.RunAsync(ProgramParts.All, "log", "replay", _records) == 0, log.Error.Text);
        Assert.All(log.Out.Lines, l => Assert.EndsWith("the same decisions", l, StringComparison.Ordinal));

        // It is well at the recording's end; who was ill, is still said. Others of this machine are in there too, and may be ill.
        var whole = await ReplayAsync(Path.Combine(_records, "tcp.swd"));
        Assert.Equal(JsonValueKind.Undefined, StalledIn(whole, _origin.Port).ValueKind);
        Assert.True(whole.GetProperty("stood_out_count").GetInt32() > 0, "a connection stood out at some time");
    }

    public async ValueTask DisposeAsync()
    {
        await _origin.DisposeAsync();
        _node.Dispose();
    }

    private static async Task<JsonElement> TcpAsync(HttpClient control) =>
        JsonDocument.Parse(await control.GetStringAsync(new Uri("/api/v1/tcp", UriKind.Relative), TestContext.Current.CancellationToken)).RootElement;

    private static async Task<JsonElement> ReplayAsync(string file)
    {
        using var cli = new CliHarness();
        var exit = await cli.RunAsync(ProgramParts.All, "diag", "replay", file, "--json");
        Assert.True(exit is 0 or 1, string.Create(CultureInfo.InvariantCulture, $"{exit}: {cli.Error.Text}"));
        return JsonDocument.Parse(cli.Out.Text).RootElement;
    }

    /// <summary>The finding about the node's own end of its connection to the origin.</summary>
    private static JsonElement StalledIn(JsonElement report, int originPort) => report.GetProperty("findings").EnumerateArray().FirstOrDefault(f =>
        f.GetProperty("verdict").GetString() == Stalled && f.TryGetProperty("remote_port", out var port) && port.GetInt32() == originPort);

    /// <summary>The findings in the event logs, oldest first.</summary>
    private List<SwarmEvent> TcpEvents()
    {
        var found = new List<SwarmEvent>();
        foreach (var file in Directory.GetFiles(_records, "*.events"))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var copy = new MemoryStream();
            stream.CopyTo(copy);
            var bytes = copy.ToArray();
            for (var at = bytes.AsSpan().IndexOf("\n\n"u8) + 2; at + SwarmEvent.Size <= bytes.Length; at += SwarmEvent.Size)
            {
                if (bytes[at] == (byte)EventKind.TcpFound)
                {
                    found.Add(SwarmEvent.Read(bytes.AsSpan(at, SwarmEvent.Size)));
                }
            }
        }

        return [.. found.OrderBy(e => e.At.Micros)];
    }
}
