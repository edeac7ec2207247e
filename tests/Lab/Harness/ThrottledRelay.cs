using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Swarm.Lab.Harness;

/// <summary>
/// A slow line before a fast server: a TCP relay whose downward rate is one bucket shared by all its connections, with an
/// optional one-way delay. Its socket buffers are small, so that what the server says it sent is what went through.
/// </summary>
public sealed class ThrottledRelay : IAsyncDisposable
{
    // Small against any film of the lab, large enough for 100 Mbit/s at the timer's millisecond.
    private const int ChunkBytes = 16 * 1024;
    private const int SocketBufferBytes = 32 * 1024;

    // What a timer oversleeps is made good from here; a hundredth of a second of traffic is no burst to a player.
    private static readonly TimeSpan BucketDepth = TimeSpan.FromMilliseconds(10);

    private readonly IPEndPoint _target;
    private readonly TimeSpan _oneWayDelay;
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _end = new();
    private readonly HashSet<Socket> _open = [];
    private readonly Lock _gate = new();
    private readonly Task _accepting;
    private double _bytesPerSecond;
    private long _nextFreeTicks;
    private long _bytesDown;
    private int _connections;

    public ThrottledRelay(IPEndPoint target, double bytesPerSecond, TimeSpan oneWayDelay = default, IPAddress? listen = null, int port = 0)
    {
        _target = target;
        _bytesPerSecond = bytesPerSecond;
        _oneWayDelay = oneWayDelay;
        _listener.Bind(new IPEndPoint(listen ?? IPAddress.Loopback, port));
        _listener.Listen(64);
        _accepting = AcceptAsync();
    }

    public IPEndPoint Endpoint => (IPEndPoint)_listener.LocalEndPoint!;

    public int Port => Endpoint.Port;

    public long BytesDown => Interlocked.Read(ref _bytesDown);

    public int Connections => Volatile.Read(ref _connections);

    public int OpenConnections
    {
        get
        {
            lock (_gate)
            {
                return _open.Count / 2;
            }
        }
    }

    public double BytesPerSecond
    {
        get => Volatile.Read(ref _bytesPerSecond);
        set => Volatile.Write(ref _bytesPerSecond, value);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        lock (_gate)
        {
            foreach (var socket in _open)
            {
                socket.Dispose();
            }
        }

        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptAsync(_end.Token);
                Interlocked.Increment(ref _connections);
                _ = RelayAsync(client);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The relay is being closed.
        }
    }

    private async Task RelayAsync(Socket client)
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var _ = client;
        Track(client, server);
        try
        {
            client.NoDelay = server.NoDelay = true;
            client.SendBufferSize = server.ReceiveBufferSize = SocketBufferBytes;
            await server.ConnectAsync(_target, _end.Token);
            var up = PumpUpAsync(client, server);
            await PumpDownAsync(server, client);

            // The server ended: nothing more can come, and an upward half left open would hold its side.
            client.Shutdown(SocketShutdown.Send);
            await up;
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // One side is gone: a reset here is a reset there.
            client.LingerState = new LingerOption(true, 0);
        }
        finally
        {
            Untrack(client, server);
        }
    }

    private async Task PumpUpAsync(Socket client, Socket server)
    {
        var buffer = new byte[ChunkBytes];
        try
        {
            while (true)
            {
                var n = await client.ReceiveAsync(buffer, SocketFlags.None, _end.Token);
                if (n == 0)
                {
                    break;
                }

                if (_oneWayDelay > TimeSpan.Zero)
                {
                    await Task.Delay(_oneWayDelay, _end.Token);
                }

                await SendAllAsync(server, buffer.AsMemory(0, n));
            }

            server.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The client left: the server must notice while it is still sending.
            server.Dispose();
        }
    }

    private async Task PumpDownAsync(Socket server, Socket client)
    {
        var line = new DelayLine(_oneWayDelay);
        var sending = SendDelayedAsync(line, client);
        var buffer = new byte[ChunkBytes];
        try
        {
            while (true)
            {
                var n = await server.ReceiveAsync(buffer, SocketFlags.None, _end.Token);
                if (n == 0)
                {
                    break;
                }

                await TakeAsync(n);
                await line.PutAsync(buffer.AsSpan(0, n).ToArray(), _end.Token);
            }
        }
        catch (ChannelClosedException)
        {
            // The client is gone: why, the sender says. The server must notice while it is still sending.
        }
        finally
        {
            line.Complete();
        }

        await sending;
    }

    private async Task SendDelayedAsync(DelayLine line, Socket client)
    {
        try
        {
            while (await line.TakeAsync(_end.Token) is { } bytes)
            {
                await SendAllAsync(client, bytes);
                Interlocked.Add(ref _bytesDown, bytes.Length);
            }
        }
        finally
        {
            line.Complete();
        }
    }

    private async Task SendAllAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes, SocketFlags.None, _end.Token)..];
        }
    }

    /// <summary>Waits until the shared bucket lets <paramref name="bytes"/> go, in the order of asking.</summary>
    private async Task TakeAsync(int bytes)
    {
        long due;
        lock (_gate)
        {
            var now = Stopwatch.GetTimestamp();
            var depth = (long)(BucketDepth.TotalSeconds * Stopwatch.Frequency);
            var start = Math.Max(_nextFreeTicks, now - depth);
            due = _nextFreeTicks = start + (long)(bytes / BytesPerSecond * Stopwatch.Frequency);
        }

        var wait = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, _end.Token);
        }
    }

    private void Track(Socket a, Socket b)
    {
        lock (_gate)
        {
            _open.Add(a);
            _open.Add(b);
        }
    }

    private void Untrack(Socket a, Socket b)
    {
        lock (_gate)
        {
            _open.Remove(a);
            _open.Remove(b);
        }
    }
}
