using System.Net;
using System.Net.Sockets;
using Swarm.Engine.Targets;
using Swarm.Testing;

namespace Swarm.Engine.Tests.Targets;

/// <summary>Which connections are tried when, with a net that answers when the test says so.</summary>
public sealed class StaggeredDialTests
{
    private static readonly IPEndPoint First = new(IPAddress.Parse("192.0.2.1"), 80);
    private static readonly IPEndPoint Second = new(IPAddress.Parse("2001:db8::1"), 80);
    private static readonly TimeSpan Stagger = TimeSpan.FromMilliseconds(250);

    private readonly FakeTime _time = new();
    private readonly Net _net = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task OneAddress_SilentFor250ms_IsTriedOnceMore_AndTheFirstToAnswerIsKept()
    {
        var dial = Dial([First], triesAgain: true);
        Assert.Equal([First], _net.Tried);

        await StaggerAsync();
        Assert.Equal([First, First], _net.Tried);
        var socket = _net.Answer(1);

        var result = await dial;
        Assert.Same(socket, result.Socket);
        Assert.Equal(First, result.EndPoint);
        Assert.True(_net.IsGivenUp(0));
        socket.Dispose();
    }

    [Fact]
    public async Task SecondAttempt_WhoseFirstAnswersAfterAll_IsGivenUp()
    {
        var dial = Dial([First], triesAgain: true);
        await StaggerAsync();
        var socket = _net.Answer(0);

        Assert.Same(socket, (await dial).Socket);
        Assert.True(_net.IsGivenUp(1));
        socket.Dispose();
    }

    [Fact]
    public async Task TwoAddresses_EachHasItsTurn_ThenTheFirstAgain()
    {
        var dial = Dial([First, Second], triesAgain: true);
        await StaggerAsync();
        await StaggerAsync();
        Assert.Equal([First, Second, First], _net.Tried);

        _net.Refuse(0);
        _net.Refuse(1);
        _net.Refuse(2);

        Assert.Equal(SocketError.ConnectionRefused, (await dial).Failure?.Error);
    }

    [Fact]
    public async Task Refusal_IsAnAnswer_AndNotAskedAgain()
    {
        var dial = Dial([First], triesAgain: true);
        _net.Refuse(0);

        Assert.False((await dial).IsConnected);
        Assert.Single(_net.Tried);
    }

    [Fact]
    public async Task Peer_ThatIsSilent_IsNotAskedAgain()
    {
        var dial = Dial([First], triesAgain: false);
        _time.Advance(4 * Stagger);
        Assert.Single(_net.Tried);
        _net.Refuse(0);

        Assert.False((await dial).IsConnected);
        Assert.Single(_net.Tried);
    }

    private Task<DialResult> Dial(IReadOnlyList<IPEndPoint> to, bool triesAgain) =>
        new StaggeredDial(_time, _net.ConnectAsync).ConnectAsync("site.example", to, triesAgain, Stop).AsTask();

    /// <summary>The time of one attempt passes; over when the next one has begun.</summary>
    private async Task StaggerAsync()
    {
        var before = _net.Tried.Count;
        await Until.True(() => _time.RunningTimers == 1, "the dial does not wait");
        _time.Advance(Stagger);
        await Until.True(() => _net.Tried.Count == before + 1, "no next attempt");
    }

    private sealed class Net
    {
        private readonly Lock _gate = new();
        private readonly List<(IPEndPoint To, TaskCompletionSource<Socket> Answer)> _attempts = [];

        public IReadOnlyList<IPEndPoint> Tried
        {
            get
            {
                lock (_gate)
                {
                    return [.. _attempts.Select(a => a.To)];
                }
            }
        }

        public Task<Socket> ConnectAsync(IPEndPoint to, CancellationToken cancel)
        {
            var answer = new TaskCompletionSource<Socket>(TaskCreationOptions.RunContinuationsAsynchronously);
            cancel.Register(() => answer.TrySetCanceled(cancel));
            lock (_gate)
            {
                _attempts.Add((to, answer));
            }

            return answer.Task;
        }

        public Socket Answer(int attempt)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            _attempts[attempt].Answer.SetResult(socket);
            return socket;
        }

        public void Refuse(int attempt) => _attempts[attempt].Answer.SetException(new SocketException((int)SocketError.ConnectionRefused));

        public bool IsGivenUp(int attempt) => _attempts[attempt].Answer.Task.IsCanceled;
    }
}
