using System.Net;
using System.Net.Sockets;
using Swarm.Engine.Targets;
using Swarm.Testing;

namespace Swarm.Engine.Tests.Targets;

/// <summary>Attacks on the way out: each must end without a connection to what is forbidden.</summary>
public sealed class TargetPolicyTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("[::1]")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("0.0.0.0")]
    [InlineData("[::]")]
    [InlineData("169.254.169.254")]
    [InlineData("10.0.0.1")]
    [InlineData("127.1")]
    [InlineData("2130706433")]
    [InlineData("0x7f000001")]
    [InlineData("[fe80::1%25lo]")]
    [InlineData("bad host\r\n")]
    public async Task Dial_ForbiddenLiteral_IsRefusedForEveryPurpose(string host)
    {
        var policy = new TargetPolicy(AllowedTargets.None, new OwnListeners(), (_, _) => throw new InvalidOperationException("a literal needs no resolver"));

        foreach (var purpose in Enum.GetValues<DialPurpose>())
        {
            var dial = await policy.DialAsync(purpose, host, 80, Stop);
            if (purpose != DialPurpose.LocalPeer || host != "10.0.0.1")
            {
                Assert.NotNull(dial.Refusal);
                Assert.DoesNotContain('\n', dial.Refusal.ToString());
            }
        }
    }

    [Fact]
    public async Task Dial_ResolverThatFlipsToLoopback_NeverReachesIt()
    {
        using var forbidden = new CountingListener();
        var calls = 0;
        // Public when checked, loopback ever after: what a rebinding name server does.
        var policy = new TargetPolicy(AllowedTargets.None, new OwnListeners(), (_, _) =>
            Task.FromResult<IPAddress[]>([Interlocked.Increment(ref calls) == 1 ? IPAddress.Parse("203.0.114.1") : IPAddress.Loopback]));

        var first = await policy.CheckAsync(DialPurpose.Origin, "rebind.example", forbidden.Port, Stop);
        var second = await policy.DialAsync(DialPurpose.Origin, "rebind.example", forbidden.Port, Stop);

        // What was checked is what gets dialled: the public address, and the name is not asked again for it.
        Assert.Equal(new IPEndPoint(IPAddress.Parse("203.0.114.1"), forbidden.Port), Assert.Single(first.EndPoints!));
        Assert.NotNull(second.Refusal);
        Assert.Equal(2, calls);
        Assert.Equal(0, forbidden.Accepted);
    }

    [Fact]
    public async Task Dial_AllowedName_ResolvesExactlyOnceAndDialsThatAnswer()
    {
        using var listener = new CountingListener();
        using var elsewhere = new CountingListener(IPAddress.Parse("127.0.0.2"), listener.Port);
        var calls = 0;
        Assert.True(AllowedTargets.TryParse(["nas.example"], out var allowed, out _));
        var policy = new TargetPolicy(allowed, new OwnListeners(), (_, _) =>
            Task.FromResult<IPAddress[]>([Interlocked.Increment(ref calls) == 1 ? IPAddress.Loopback : IPAddress.Parse("127.0.0.2")]));

        var dial = await policy.DialAsync(DialPurpose.Origin, "NAS.example.", listener.Port, Stop);

        using var socket = dial.Socket;
        Assert.True(dial.IsConnected);
        Assert.True(dial.Socket.NoDelay);
        Assert.Equal(1, calls);
        await listener.AcceptedOneAsync();
        Assert.Equal(0, elsewhere.Accepted);
    }

    [Fact]
    public async Task Dial_OneForbiddenAddressAmongMany_RefusesAll()
    {
        using var forbidden = new CountingListener();
        var policy = new TargetPolicy(AllowedTargets.None, new OwnListeners(), (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("203.0.114.1"), IPAddress.Loopback]));

        var dial = await policy.DialAsync(DialPurpose.Mirror, "mixed.example", forbidden.Port, Stop);

        Assert.Contains("mixed.example leads to 127.0.0.1, a loopback address", dial.Refusal!.Reason, StringComparison.Ordinal);
        Assert.Contains("--allow-target mixed.example", dial.Refusal.Advice, StringComparison.Ordinal);
        Assert.Equal(0, forbidden.Accepted);
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("127.0.0.1", "[::ffff:127.0.0.1]")]
    [InlineData("127.0.0.1", "0.0.0.0")]
    [InlineData("127.0.0.1", "[::]")]
    [InlineData("0.0.0.0", "127.0.0.1")]
    [InlineData("0.0.0.0", "127.9.9.9")]
    [InlineData("0.0.0.0", "192.168.77.5")]
    [InlineData("0.0.0.0", "203.0.114.9")]
    [InlineData("::", "[::1]")]
    [InlineData("::", "127.0.0.1")]
    [InlineData("::", "[2606:4700::5]")]
    [InlineData("::1", "[::1]")]
    public async Task Dial_OwnListener_IsRefusedThoughAllowed(string bound, string host)
    {
        Assert.True(AllowedTargets.TryParse(["0.0.0.0/0", "::/0"], out var allowed, out _));
        var own = new OwnListeners(() => [IPAddress.Parse("192.168.77.5"), IPAddress.Parse("203.0.114.9"), IPAddress.Parse("2606:4700::5")]);
        own.Add(new IPEndPoint(IPAddress.Parse(bound), 7977));
        var policy = new TargetPolicy(allowed, own);

        var dial = await policy.DialAsync(DialPurpose.Origin, host, 7977, Stop);

        Assert.Contains("this program itself", dial.Refusal!.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Owns_OtherPortOrOtherHost_IsFalse()
    {
        var own = new OwnListeners(() => [IPAddress.Parse("192.168.77.5")]);
        own.Add(new IPEndPoint(IPAddress.Any, 7977));

        Assert.False(own.Owns(IPAddress.Loopback, 7976));
        Assert.False(own.Owns(IPAddress.Parse("192.168.77.6"), 7977));
        own.Remove(new IPEndPoint(IPAddress.Any, 7977));
        Assert.False(own.Owns(IPAddress.Loopback, 7977));
    }

    [Fact]
    public void Verdict_RealInterfaces_WildcardListenerOwnsEachOfThem()
    {
        var own = new OwnListeners();
        own.Add(new IPEndPoint(IPAddress.IPv6Any, 7977));

        foreach (var address in System.Net.NetworkInformation.NetworkInterface.GetAllNetworkInterfaces().SelectMany(i => i.GetIPProperties().UnicastAddresses))
        {
            Assert.True(own.Owns(address.Address, 7977), address.Address.ToString());
        }
    }

    [Theory]
    [InlineData("192.168.1.5", DialPurpose.Peer, false)]
    [InlineData("192.168.1.5", DialPurpose.LocalPeer, true)]
    [InlineData("fe80::5%2", DialPurpose.LocalPeer, true)]
    [InlineData("127.0.0.1", DialPurpose.LocalPeer, false)]
    [InlineData("169.254.169.254", DialPurpose.LocalPeer, false)]
    [InlineData("93.184.215.14", DialPurpose.Peer, true)]
    public void Verdict_PrivatePeer_OnlyFromLocalDiscovery(string address, DialPurpose purpose, bool allowed)
    {
        var policy = new TargetPolicy(AllowedTargets.None, new OwnListeners());

        Assert.Equal(allowed, policy.Verdict(purpose, new IPEndPoint(IPAddress.Parse(address), 6881)) is null);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(65536)]
    [InlineData(-1)]
    public async Task Dial_PortThatDoesNotExist_IsRefused(int port)
    {
        var policy = new TargetPolicy(AllowedTargets.None, new OwnListeners());

        Assert.NotNull((await policy.DialAsync(DialPurpose.Origin, "93.184.215.14", port, Stop)).Refusal);
    }

    [Fact]
    public async Task Dial_NameWithoutAddress_IsAResolveFailure()
    {
        var policy = new TargetPolicy(AllowedTargets.None, new OwnListeners(), (_, _) => throw new SocketException((int)SocketError.HostNotFound));

        var dial = await policy.DialAsync(DialPurpose.Tracker, "nowhere.example", 80, Stop);

        Assert.Equal(DialStage.Resolve, dial.Failure!.Stage);
    }

    [Fact]
    public async Task Dial_FirstAddressRefuses_SecondConnectsAtOnce()
    {
        using var listener = new CountingListener(IPAddress.Parse("127.0.0.3"), 0);
        Assert.True(AllowedTargets.TryParse(["127.0.0.0/8"], out var allowed, out _));
        // FakeTime never moves: the second attempt must not wait for the stagger when the first has failed.
        var policy = new TargetPolicy(allowed, new OwnListeners(), (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("127.0.0.4"), IPAddress.Parse("127.0.0.3")]), new FakeTime());

        var dial = await policy.DialAsync(DialPurpose.Origin, "two.example", listener.Port, Stop);

        using var socket = dial.Socket;
        Assert.Equal(IPAddress.Parse("127.0.0.3"), ((IPEndPoint)socket!.RemoteEndPoint!).Address);
    }

    [Fact]
    public async Task Dial_NothingListens_IsAConnectFailureWithASentence()
    {
        int port;
        using (var gone = new CountingListener())
        {
            port = gone.Port;
        }

        Assert.True(AllowedTargets.TryParse(["127.0.0.1"], out var allowed, out _));
        var policy = new TargetPolicy(allowed, new OwnListeners());

        var dial = await policy.DialAsync(DialPurpose.Origin, "127.0.0.1", port, Stop);

        Assert.Equal(SocketError.ConnectionRefused, dial.Failure!.Error);
        Assert.Contains("refused the connection", dial.Failure.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dial_Cancelled_Throws()
    {
        using var cancelled = new CancellationTokenSource();
        var policy = new TargetPolicy(AllowedTargets.None, new OwnListeners(), async (_, stop) =>
        {
            await cancelled.CancelAsync();
            stop.ThrowIfCancellationRequested();
            return [];
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await policy.DialAsync(DialPurpose.Origin, "slow.example", 80, cancelled.Token));
    }

    /// <summary>A listener that counts who came.</summary>
    private sealed class CountingListener : IDisposable
    {
        private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly TaskCompletionSource _one = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _accepted;

        public CountingListener(IPAddress? address = null, int port = 0)
        {
            _socket.Bind(new IPEndPoint(address ?? IPAddress.Loopback, port));
            _socket.Listen();
            Port = ((IPEndPoint)_socket.LocalEndPoint!).Port;
            _ = AcceptAsync();
        }

        public int Port { get; }

        public int Accepted => Volatile.Read(ref _accepted);

        public Task AcceptedOneAsync() => _one.Task.WaitAsync(TimeSpan.FromSeconds(60), Stop);

        public void Dispose() => _socket.Dispose();

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    using var client = await _socket.AcceptAsync();
                    Interlocked.Increment(ref _accepted);
                    _one.TrySetResult();
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }
    }
}
