using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Swarm.Diagnostics.Analysis;
using Swarm.Diagnostics.Tcp;
using Swarm.Proxy.Control;
using Swarm.Proxy.Front;
using Swarm.Proxy.Tests.Harness;

namespace Swarm.Proxy.Tests;

/// <summary>The node's own connections in the API, in metrics and in a recording.</summary>
public sealed class TcpViewTests : IDisposable
{
    private readonly Socket _near;
    private readonly Socket _far;
    private readonly ConcurrentQueue<OwnFinding> _found = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("swarmstream-tcp-test-").FullName;

    public TcpViewTests()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        _far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _far.Connect(listener.LocalEndPoint!);
        _near = listener.Accept();
    }

    [Fact]
    public async Task OwnConnection_IsLabelled_AndSentAckedConsumedStandApart()
    {
        _near.Send(new byte[1000]);
        _far.ReceiveTimeout = 20_000;
        Assert.Equal(400, _far.Receive(new byte[400]));
        await using var view = View();
        using var json = JsonDocument.Parse(view.Json());
        var connection = Assert.Single(json.RootElement.GetProperty("connections").EnumerateArray());
        Assert.Equal(("client", "http://h/film.mp4"), (connection.GetProperty("role").GetString(), connection.GetProperty("subject").GetString()));
        Assert.Equal(1000, connection.GetProperty("sent_bytes").GetInt64());
        Assert.Equal(1000, connection.GetProperty("acked_bytes").GetInt64());
        Assert.Equal(400, connection.GetProperty("consumed_bytes").GetInt64());
        Assert.Equal(600, connection.GetProperty("waiting_at_other_end_bytes").GetInt64());
    }

    [Fact]
    public async Task Metrics_CountOwnConnectionsAlone_AndNameNobody()
    {
        await using var view = View();
        var text = view.Metrics();
        Assert.Contains("\nswarmstream_tcp_connections 1\n", text, StringComparison.Ordinal);
        Assert.Contains("swarmstream_tcp_collapse_seconds_bucket{le=\"+Inf\"} ", text, StringComparison.Ordinal);
        Assert.Contains("swarmstream_tcp_reclaimable_bytes_count 1\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0.1", text, StringComparison.Ordinal);
        Assert.DoesNotContain("film", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Finding_IsToldWhenItComes_AndWhenItIsOver()
    {
        _far.Blocking = false;
        while (_far.Poll(TimeSpan.FromMilliseconds(200), SelectMode.SelectWrite))
        {
            _far.Send(new byte[64 * 1024], SocketFlags.None, out _);
        }

        await using var view = View();
        view.Json();
        await Eventually.IsTrueAsync(() => _found.Any(f => f.Verdicts.Contains(Verdict.StalledReader)), "the reader that does not read is found");
        var stalled = _found.First(f => f.Verdicts.Contains(Verdict.StalledReader));
        Assert.Equal("client", stalled.Label.Role);
        Assert.NotEqual(0, stalled.Bits & (1 << (int)Verdict.StalledReader));
        Assert.True(stalled.Socket.RmemAllocBytes > 0);
        _near.Blocking = false;
        var buffer = new byte[1 << 20];
        await Eventually.IsTrueAsync(
            () =>
            {
                while (_near.Receive(buffer, SocketFlags.None, out _) > 0)
                {
                }

                return _found.Last().Verdicts.Count == 0;
            },
            "the reader reads, and all is over");
    }

    [Fact]
    public async Task Recording_CarriesTheLabel()
    {
        var file = Path.Combine(_folder, "tcp.swd");
        await using (var view = View())
        {
            Assert.Null(view.Record(file, "test"));
            // The next reading is the first that is recorded.
            await Eventually.IsTrueAsync(() => new FileInfo(file).Length > 2000, "two readings");
        }

        using var recording = RecordingReader.TryOpen(File.OpenRead(file), out var problem);
        Assert.Null(problem);
        for (var reading = new Reading(); recording!.TryRead(reading);)
        {
            // To the end, where the names are known.
        }

        Assert.Equal(RecordingEnd.Clean, recording.End);
        Assert.Contains(recording.Names.Values, n => n.Label == new SocketLabel("client", "http://h/film.mp4"));
    }

    [Fact]
    public async Task FolderThatIsNotThere_IsSaid()
    {
        await using var view = View();
        Assert.EndsWith(".", view.Record(Path.Combine(_folder, "no", "tcp.swd"), "test"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://h/a/b?token=1#x", "http://h/a/b")]
    [InlineData("http://user:secret@h:81/a", "http://h:81/a")]
    [InlineData("/gateway/~abc123/https/h/a", "/gateway/https/h/a")]
    [InlineData("/gateway/~abc123", "/gateway")]
    [InlineData("/torrents/00/film@2x.mp4", "/torrents/00/film@2x.mp4")]
    [InlineData("http://h/mail@h", "http://h/mail@h")]
    [InlineData("", "")]
    public void Target_IsShownWithoutSecrets(string target, string shown) => Assert.Equal(shown, ClientLabels.WithoutSecrets(target));

    public void Dispose()
    {
        _near.Dispose();
        _far.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private TcpView View()
    {
        var own = OwnConnection.Of((IPEndPoint)_near.LocalEndPoint!, (IPEndPoint)_near.RemoteEndPoint!, new SocketLabel("client", "http://h/film.mp4"));
        return new TcpView(() => [own], _found.Enqueue, TimeProvider.System);
    }
}
