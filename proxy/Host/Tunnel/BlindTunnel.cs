using System.IO.Pipelines;
using System.Net.Security;
using System.Net.Sockets;

namespace Swarm.Proxy.Tunnel;

/// <summary>
/// Bytes both ways between a client and an origin, unread and unchanged. One side's end is passed on as a half-close,
/// one side's reset ends both, and so does a time in which neither sent anything.
/// </summary>
internal sealed class BlindTunnel : IDisposable
{
    private const int BufferBytes = 64 * 1024; // as much as a default socket send takes in one go

    private readonly PipeReader _fromClient;
    private readonly Socket _client;
    private readonly Stream _origin;
    private readonly Socket _originSocket;
    private readonly TimeSpan _idleLimit;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _end = new();
    private readonly ITimer _idle;
    private long _lastMoved;
    private long _bytesToClient;

    /// <param name="origin">Bytes to and from the origin.</param>
    /// <param name="originSocket">What they run over; a stream cannot end one direction.</param>
    public BlindTunnel(PipeReader fromClient, Socket client, Stream origin, Socket originSocket, TimeSpan idleLimit, TimeProvider time)
    {
        _fromClient = fromClient;
        _client = client;
        _origin = origin;
        _originSocket = originSocket;
        _idleLimit = idleLimit;
        _time = time;
        _lastMoved = time.GetTimestamp();
        _idle = time.CreateTimer(static state => ((BlindTunnel)state!).OnIdleTimer(), this, idleLimit, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Sends <paramref name="established"/>, then relays. True when both sides ended cleanly; false when the client is to be reset.</summary>
    public async Task<bool> RunAsync(ReadOnlyMemory<byte> established, CancellationToken stop)
    {
        using var onStop = stop.Register(static state => ((CancellationTokenSource)state!).Cancel(), _end);
        var up = Task.CompletedTask;
        try
        {
            await SendAllAsync(_client, established).ConfigureAwait(false);
            up = GuardedAsync(ClientToOriginAsync());
            await Task.WhenAll(up, GuardedAsync(OriginToClientAsync())).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>What the origin sent and the client took.</summary>
    public long BytesToClient => Interlocked.Read(ref _bytesToClient);

    public void Dispose()
    {
        _idle.Dispose();
        _end.Dispose();
    }

    /// <summary>When one direction breaks the other must not wait for its peer.</summary>
    private async Task GuardedAsync(Task direction)
    {
        try
        {
            await direction.ConfigureAwait(false);
        }
        catch
        {
            await _end.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task ClientToOriginAsync()
    {
        while (true)
        {
            var read = await _fromClient.ReadAsync(_end.Token).ConfigureAwait(false);
            foreach (var segment in read.Buffer)
            {
                await _origin.WriteAsync(segment, _end.Token).ConfigureAwait(false);
            }

            _fromClient.AdvanceTo(read.Buffer.End);
            Moved();
            if (read.IsCompleted)
            {
                if (_origin is SslStream tls)
                {
                    await tls.ShutdownAsync().ConfigureAwait(false);
                }

                _originSocket.Shutdown(SocketShutdown.Send);
                return;
            }
        }
    }

    private async Task OriginToClientAsync()
    {
        var buffer = new byte[BufferBytes];
        while (true)
        {
            var count = await _origin.ReadAsync(buffer.AsMemory(), _end.Token).ConfigureAwait(false);
            Moved();
            if (count == 0)
            {
                _client.Shutdown(SocketShutdown.Send);
                return;
            }

            await SendAllAsync(_client, buffer.AsMemory(0, count)).ConfigureAwait(false);
            Interlocked.Add(ref _bytesToClient, count);
        }
    }

    private async ValueTask SendAllAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var sent = await socket.SendAsync(bytes, _end.Token).ConfigureAwait(false);
            Moved();
            bytes = bytes[sent..];
        }
    }

    private void Moved() => Volatile.Write(ref _lastMoved, _time.GetTimestamp());

    private void OnIdleTimer()
    {
        var left = _idleLimit - _time.GetElapsedTime(Volatile.Read(ref _lastMoved));
        try
        {
            if (left > TimeSpan.Zero)
            {
                _idle.Change(left, Timeout.InfiniteTimeSpan);
            }
            else
            {
                _end.Cancel();
            }
        }
        catch (ObjectDisposedException)
        {
            // The tunnel ended while its timer fired.
        }
    }
}
