using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Swarm.Discovery;
using Swarm.Protocol;
using Swarm.Testing;

namespace Swarm.Peer.Tests;

/// <summary>One announce against servers that answer well, badly and not at all.</summary>
public sealed class HttpTrackerTests
{
    private static readonly TrackerAnnounce Announce = new(ScriptedPeer.Hybrid.V1!.Value.ToArray(), "-SM0100-abcdefghijkl"u8.ToArray(), 6881) { Event = TrackerEvent.Started, LeftBytes = 1 };

    [Fact]
    public async Task Answer_GivesPeersAndInterval()
    {
        await using var server = new RawHttpServer(_ => RawHttpServer.Ok([.. "d8:intervali900e12:min intervali300e5:peers6:"u8, 127, 0, 0, 1, 0x1a, 0xe1, (byte)'e']));
        using var tracker = new HttpTracker(Dial);

        var result = await tracker.AnnounceAsync(server.Url, Announce, TestContext.Current.CancellationToken);

        Assert.True(result.Succeeded, result.Error?.ToString());
        Assert.Equal((900, 300), (result.Response.IntervalSeconds, result.Response.MinIntervalSeconds));
        Assert.Equal("127.0.0.1:6881", Assert.Single(result.Response.Peers).ToString());
        Assert.StartsWith("GET /announce?info_hash=%11%11", Assert.Single(server.Requests), StringComparison.Ordinal);
        Assert.Contains("&event=started", server.Requests.First(), StringComparison.Ordinal);
    }

    public static TheoryData<string, string, string> BadAnswers => new()
    {
        { "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nd14:failure reason7:go awaye", "Refused", "go away" },
        { "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nd14:failure reason7:go awaye", "Refused", "go away" },
        { "HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n<html>", "Status", "status 404" },
        { "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<html>", "Answer", "no bencoding" },
        { "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nde", "Answer", "interval" },
        { "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", "Answer", "no bencoding" },
        { "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 99\r\n\r\nd8:", "Transfer", "" },
        { "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 99999999\r\n\r\n", "Answer", "more than 1 MiB" },
        { "SSH-2.0-OpenSSH_9.2\r\n", "Transfer", "" },
        { "HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", "Redirect", "nowhere" },
        { "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", "Redirect", "nowhere" },
        { "HTTP/1.1 302 Found\r\nLocation: /announce\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", "Redirect", "more than 3 times" },
    };

    [Theory]
    [MemberData(nameof(BadAnswers))]
    public async Task BadAnswer_IsAnErrorWithItsStage(string response, string stage, string words)
    {
        await using var server = new RawHttpServer(_ => Encoding.ASCII.GetBytes(response));
        using var tracker = new HttpTracker(Dial);

        var result = await tracker.AnnounceAsync(server.Url, Announce, TestContext.Current.CancellationToken);

        Assert.False(result.Succeeded);
        Assert.Equal(stage, result.Error!.Value.Stage.ToString());
        Assert.Contains(words, result.Error.Value.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EndlessAnswer_IsCutAtTheCap()
    {
        await using var server = new RawHttpServer(_ => [.. "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"u8, .. new byte[HttpTracker.MaxAnswerBytes + 4096]]);
        using var tracker = new HttpTracker(Dial);

        var result = await tracker.AnnounceAsync(server.Url, Announce, TestContext.Current.CancellationToken);

        Assert.Equal(TrackerStage.Answer, result.Error!.Value.Stage);
    }

    [Fact]
    public async Task EveryRedirect_IsDialledByTheSameDialer_WhichMayRefuseIt()
    {
        var dialled = new ConcurrentQueue<string>();
        await using var server = new RawHttpServer(line => line.Contains("/second", StringComparison.Ordinal)
            ? RawHttpServer.Response("307 Temporary Redirect", "Location: http://metadata.internal/\r\n", [])
            : RawHttpServer.Response("302 Found", "Location: /second\r\n", []));
        using var tracker = new HttpTracker((target, cancel) =>
        {
            dialled.Enqueue(target.Host);
            return target.Host == "127.0.0.1" ? Dial(target, cancel) : throw new IOException($"{target.Host} is refused by policy");
        });

        var result = await tracker.AnnounceAsync(server.Url, Announce, TestContext.Current.CancellationToken);

        Assert.Equal(TrackerStage.Connect, result.Error!.Value.Stage);
        Assert.Contains("refused by policy", result.Error.Value.Message, StringComparison.Ordinal);
        Assert.Equal("metadata.internal", dialled.Last());
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task SilentTracker_IsGivenUpAfterFifteenSeconds()
    {
        var time = new FakeTime();
        var asked = new TaskCompletionSource();
        await using var server = new RawHttpServer(_ =>
        {
            asked.SetResult();
            return null;
        });
        using var tracker = new HttpTracker(Dial, time);
        var announcing = tracker.AnnounceAsync(server.Url, Announce, TestContext.Current.CancellationToken);
        await asked.Task.WaitAsync(TestPatience.Long, TestContext.Current.CancellationToken);

        time.Advance(TimeSpan.FromSeconds(15));

        var result = await announcing.WaitAsync(TestPatience.Long, TestContext.Current.CancellationToken);
        Assert.Equal(TrackerStage.Transfer, result.Error!.Value.Stage);
        Assert.Contains("15 s", result.Error.Value.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NobodyThere_IsAConnectError()
    {
        using var holder = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        holder.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var tracker = new HttpTracker(Dial);

        var result = await tracker.AnnounceAsync(new($"http://127.0.0.1:{((IPEndPoint)holder.LocalEndPoint!).Port}/"), Announce, TestContext.Current.CancellationToken);

        Assert.Equal(TrackerStage.Connect, result.Error!.Value.Stage);
    }

    [Fact]
    public async Task OtherScheme_IsAUrlError()
    {
        using var tracker = new HttpTracker(Dial);

        var result = await tracker.AnnounceAsync(new("udp://127.0.0.1:1/"), Announce, TestContext.Current.CancellationToken);

        Assert.Equal(TrackerStage.Url, result.Error!.Value.Stage);
    }

    [Fact]
    public async Task Cancelled_Throws()
    {
        await using var server = new RawHttpServer(_ => null);
        using var tracker = new HttpTracker(Dial);
        using var cancel = new CancellationTokenSource();
        var announcing = tracker.AnnounceAsync(server.Url, Announce, cancel.Token);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => announcing);
    }

    internal static async ValueTask<Stream> Dial(DnsEndPoint target, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Parse(target.Host), target.Port, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
