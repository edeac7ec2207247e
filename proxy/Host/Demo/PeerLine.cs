using System.Net;
using System.Net.Sockets;

namespace Swarm.Proxy.Demo;

/// <summary>The line to one peer of the demo: an address of its own, a rate, and somebody on it who may cut it or spoil what passes. The peer itself stays honest.</summary>
internal sealed class PeerLine : IAsyncDisposable
{
    /// <summary>Half a block: a rate in such steps is even, and a lie is out at once.</summary>
    private const int StepBytes = 8 << 10;

    /// <summary>What lies in the kernel cannot be cut: little of it.</summary>
    private const int SocketBytes = 32 << 10;

    private readonly IPEndPoint _peer;
    private readonly SlowPipe _pipe;
    private readonly Lock _gate = new();
    private readonly List<Task> _running = [];
    private CancellationTokenSource? _cut;
    private volatile bool _spoils;

    private PeerLine(IPEndPoint at, IPEndPoint peer, double bytesPerSecond)
    {
        (At, _peer) = (at, peer);
        _pipe = new(bytesPerSecond, TimeProvider.System);
    }

    /// <summary>Where the peer is reached by this line.</summary>
    public IPEndPoint At { get; private set; }

    public bool IsCut
    {
        get
        {
            lock (_gate)
            {
                return _cut is null;
            }
        }
    }

    /// <summary>One bit of each block that passes becomes another.</summary>
    public bool Spoils
    {
        get => _spoils;
        set => _spoils = value;
    }

    /// <summary>On a loopback address of its own, 127.0.0.N, where the system has more than one: a ban is of an address.</summary>
    public static PeerLine Open(int number, IPEndPoint peer, double bytesPerSecond)
    {
        var line = new PeerLine(new IPEndPoint(new IPAddress([127, 0, 0, (byte)number]), 0), peer, bytesPerSecond);
        try
        {
            line.Mend();
        }
        catch (SocketException)
        {
            line.At = new(IPAddress.Loopback, 0);
            line.Mend();
        }

        return line;
    }

    /// <summary>Whoever is on the line is thrown off, and nobody gets on.</summary>
    public void Cut()
    {
        lock (_gate)
        {
            _cut?.Cancel();
            _cut?.Dispose();
            _cut = null;
        }
    }

    /// <summary>Opens the line again at the address it had.</summary>
    public void Mend()
    {
        lock (_gate)
        {
            if (_cut is not null)
            {
                return;
            }

            var listener = new TcpListener(At);
            listener.Start();
            At = (IPEndPoint)listener.LocalEndpoint;
            _cut = new();
            _running.RemoveAll(static t => t.IsCompleted);
            _running.Add(ListenAsync(listener, _cut.Token));
        }
    }

    public async ValueTask DisposeAsync()
    {
        Cut();
        Task[] running;
        lock (_gate)
        {
            running = [.. _running];
        }

        await Task.WhenAll(running);
    }

    private async Task ListenAsync(TcpListener listener, CancellationToken cut)
    {
        using var _ = listener;
        var carried = new List<Task>();
        try
        {
            while (true)
            {
                var caller = await listener.AcceptSocketAsync(cut);
                carried.RemoveAll(static t => t.IsCompleted);
                carried.Add(CarryAsync(caller, cut));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // Cut, or the system has no more sockets: nobody gets on.
        }

        await Task.WhenAll(carried);
    }

    private async Task CarryAsync(Socket caller, CancellationToken cut)
    {
        using var near = caller;
        using var far = new Socket(_peer.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveBufferSize = SocketBytes };
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cut);
        near.NoDelay = true;
        near.SendBufferSize = SocketBytes;
        try
        {
            await far.ConnectAsync(_peer, cut);
            Task[] ways = [CopyAsync(near, far, null, either.Token), CopyAsync(far, near, new BlockSpoiler(), either.Token)];
            await Task.WhenAny(ways);
            await either.CancelAsync();
            await Task.WhenAll(ways);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // One of the two went, or the line was cut.
        }
    }

    private async Task CopyAsync(Socket from, Socket to, BlockSpoiler? spoiler, CancellationToken cut)
    {
        var buffer = new byte[StepBytes];
        while (await from.ReceiveAsync(buffer, cut) is > 0 and var n)
        {
            if (spoiler is not null)
            {
                spoiler.Pass(buffer.AsSpan(0, n), _spoils);
                await _pipe.PassAsync(n, cut);
            }

            for (var sent = 0; sent < n;)
            {
                sent += await to.SendAsync(buffer.AsMemory(sent, n - sent), cut);
            }
        }
    }
}
