using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>A tracker at one port, HTTP and UDP: what receives and sends for a <see cref="Tracker"/>. Never throws once started.</summary>
public sealed class EmbeddedTracker : IAsyncDisposable
{
    private const int MaxHeadBytes = 4_096;
    private const int MaxConnections = 256;

    /// <summary>A port that is free for TCP may be taken for UDP.</summary>
    private const int MaxPortTries = 16;

    /// <summary>After an error that may last.</summary>
    private static readonly TimeSpan Backoff = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);

    private readonly Socket _tcp;
    private readonly Socket _udp;
    private readonly TimeProvider _time;
    private readonly EventClock _clock;
    private readonly Lock _gate = new();
    private readonly Tracker _tracker;
    private readonly UdpTrackerAnswers _datagrams;
    private readonly HttpTrackerAnswers _responses;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _run;
    private int _connections;

    private EmbeddedTracker(Socket tcp, Socket udp, TrackerLimits limits, Func<WireHash, TrackedTorrent?> find, TimeProvider time)
    {
        (_tcp, _udp, _time) = (tcp, udp, time);
        EndPoint = (IPEndPoint)tcp.LocalEndPoint!;
        _clock = new(time);
        _tracker = new(limits, find, new Random(BitConverter.ToInt32(RandomNumberGenerator.GetBytes(4))));
        _datagrams = new(_tracker, new(RandomNumberGenerator.GetBytes(32), UdpTrackerAnswers.IdSlot));
        _responses = new(_tracker);
        _run = Task.WhenAll(Task.Run(ReceiveAsync), Task.Run(AcceptAsync));
    }

    /// <summary>Where it listens, TCP and UDP.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Peers in all swarms.</summary>
    public int Peers
    {
        get
        {
            lock (_gate)
            {
                return _tracker.Peers;
            }
        }
    }

    /// <param name="find">What is tracked; null for a torrent that is not. Called by any thread, under the tracker's lock.</param>
    /// <exception cref="SocketException">The address is taken, or not this machine's.</exception>
    public static EmbeddedTracker Start(IPEndPoint listen, TrackerLimits limits, Func<WireHash, TrackedTorrent?> find, TimeProvider time)
    {
        for (var tries = 1; ; tries++)
        {
            var tcp = NewSocket(listen, SocketType.Stream, ProtocolType.Tcp);
            var udp = NewSocket(listen, SocketType.Dgram, ProtocolType.Udp);
            try
            {
                tcp.Bind(listen);
                udp.SetSocketOption(listen.AddressFamily == AddressFamily.InterNetworkV6 ? SocketOptionLevel.IPv6 : SocketOptionLevel.IP, SocketOptionName.PacketInformation, true);
                udp.Bind(new IPEndPoint(listen.Address, ((IPEndPoint)tcp.LocalEndPoint!).Port));
                tcp.Listen();
                return new(tcp, udp, limits, find, time);
            }
            catch (SocketException) when (listen.Port == 0 && tries < MaxPortTries)
            {
                tcp.Dispose();
                udp.Dispose();
            }
            catch
            {
                tcp.Dispose();
                udp.Dispose();
                throw;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        _tcp.Dispose();
        _udp.Dispose();
        await _run.ConfigureAwait(false); // the token's source is left to connections that end later
    }

    private static Socket NewSocket(IPEndPoint listen, SocketType type, ProtocolType protocol)
    {
        var socket = new Socket(listen.AddressFamily, type, protocol);
        if (listen.AddressFamily == AddressFamily.InterNetworkV6)
        {
            socket.DualMode = true;
        }

        return socket;
    }

    private async Task ReceiveAsync()
    {
        var request = new byte[2_048];
        var answer = new byte[UdpTrackerAnswers.MaxBytes];
        var any = new IPEndPoint(EndPoint.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var got = await _udp.ReceiveMessageFromAsync(request, SocketFlags.None, any, _stop.Token).ConfigureAwait(false);
                if (got.RemoteEndPoint is not IPEndPoint from)
                {
                    continue;
                }

                int length;
                lock (_gate)
                {
                    length = _datagrams.Answer(request.AsSpan(0, got.ReceivedBytes), PeerEndpoint.From(from), PeerEndpoint.From(got.PacketInformation.Address ?? EndPoint.Address, 0), _clock.Now, answer);
                }

                if (length > 0)
                {
                    // A full send queue drops the answer, as the network might; who asks asks again.
                    await _udp.SendToAsync(answer.AsMemory(0, length), SocketFlags.None, from, _stop.Token).ConfigureAwait(false);
                }
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.MessageSize or SocketError.ConnectionReset or SocketError.ConnectionRefused)
            {
                // A datagram longer than any request, or the echo of an answer that found nobody.
            }
            catch (SocketException)
            {
                await Task.Delay(Backoff, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var socket = await _tcp.AcceptAsync(_stop.Token).ConfigureAwait(false);
                if (Interlocked.Increment(ref _connections) > MaxConnections)
                {
                    Interlocked.Decrement(ref _connections);
                    socket.Dispose();
                    continue;
                }

                _ = ServeAsync(socket);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // Gone before it was taken, or no descriptor is free: others may go meanwhile.
                await Task.Delay(Backoff, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            using var patience = new CancellationTokenSource(RequestTimeout, _time);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _stop.Token);
            var buffer = new byte[MaxHeadBytes];
            var got = 0;
            var end = -1;
            while (end < 0 && got < buffer.Length)
            {
                var n = await socket.ReceiveAsync(buffer.AsMemory(got), SocketFlags.None, limit.Token).ConfigureAwait(false);
                if (n == 0)
                {
                    return;
                }

                got += n;
                end = buffer.AsSpan(0, got).IndexOf("\r\n\r\n"u8);
            }

            await SendAsync(socket, end < 0 ? HttpTrackerAnswers.BadRequest() : Respond(Encoding.Latin1.GetString(buffer, 0, end + 4), socket), limit.Token).ConfigureAwait(false);
            socket.Shutdown(SocketShutdown.Send);

            // What else it sends is read, or closing would reset the answer away.
            while (await socket.ReceiveAsync(buffer, SocketFlags.None, limit.Token).ConfigureAwait(false) > 0)
            {
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Slow, or gone.
        }
        finally
        {
            socket.Dispose();
            Interlocked.Decrement(ref _connections);
        }
    }

    private byte[] Respond(string head, Socket socket)
    {
        var from = PeerEndpoint.From((IPEndPoint)socket.RemoteEndPoint!);
        var reached = PeerEndpoint.From(((IPEndPoint)socket.LocalEndPoint!).Address, 0);
        lock (_gate)
        {
            return _responses.Answer(head, from, reached, _clock.Now);
        }
    }

    private static async Task SendAsync(Socket socket, ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes, SocketFlags.None, cancel).ConfigureAwait(false)..];
        }
    }
}
