using System.Net;
using System.Net.Sockets;
using Swarm.Protocol;

namespace Swarm.Peer;

/// <summary>A torrent that callers may have, who listens to them, and who serves them if anyone does.</summary>
public sealed record PeerAdmission(PeerTorrent Torrent, IPeerSink Sink, IPeerServer? Server = null);

/// <summary>
/// The port that peers dial. It reads handshakes, asks who knows the infohash, and hands the connection over; strangers and
/// callers for unknown torrents are closed. Callers that have not finished their handshake are few and short-lived.
/// </summary>
public sealed class PeerListener : IAsyncDisposable
{
    /// <summary>Callers at once that have not told their infohash; more are closed at accept.</summary>
    public const int MaxHalfOpen = 64;

    // Out of file descriptors or the like: wait rather than spin.
    private static readonly TimeSpan AcceptBackoff = TimeSpan.FromMilliseconds(250);

    private readonly Socket _socket;
    private readonly Func<WireHash, IPEndPoint, PeerAdmission?> _admit;
    private readonly PeerSettings _settings;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private int _halfOpen;
    private int _isStopping;
    private long _refused;

    private PeerListener(Socket socket, Func<WireHash, IPEndPoint, PeerAdmission?> admit, PeerSettings settings)
    {
        (_socket, _admit, _settings) = (socket, admit, settings);
        LocalEndPoint = (IPEndPoint)socket.LocalEndPoint!;
        _accepting = Task.Run(AcceptAsync);
    }

    /// <summary>Where it listens, with the real port.</summary>
    public IPEndPoint LocalEndPoint { get; }

    /// <summary>Callers that are in their handshake now.</summary>
    public int HalfOpen => Volatile.Read(ref _halfOpen);

    /// <summary>Callers that were closed: too many, too slow, strangers, unknown torrents.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Binds and begins to accept. <c>[::]</c> also takes IPv4; port 0 picks a free one.</summary>
    /// <param name="admit">Who knows this infohash; null closes the caller. Called on any thread, must not block.</param>
    /// <exception cref="SocketException">The address is taken or not ours.</exception>
    public static PeerListener Start(IPEndPoint endPoint, Func<WireHash, IPEndPoint, PeerAdmission?> admit, PeerSettings settings)
    {
        var bound = OnThisMachine(endPoint);
        var socket = new Socket(bound.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (bound.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = bound.Address.Equals(IPAddress.IPv6Any) || bound.Address.IsIPv4MappedToIPv6;
            }

            socket.Bind(bound);
            socket.Listen(MaxHalfOpen);
            return new PeerListener(socket, admit, settings);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Begins to accept at a socket that somebody else opened, and takes it over.</summary>
    /// <param name="listening">Bound, and listening already.</param>
    /// <param name="admit">As with <see cref="Start"/>.</param>
    public static PeerListener TakeOver(Socket listening, Func<WireHash, IPEndPoint, PeerAdmission?> admit, PeerSettings settings) => new(listening, admit, settings);

    /// <summary>Stops accepting. Connections that were handed over live on.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isStopping, 1) == 0)
        {
            await _stop.CancelAsync().ConfigureAwait(false);
            _socket.Dispose();
        }

        await _accepting.ConfigureAwait(false);
        _stop.Dispose();
    }

    /// <summary>What <see cref="Start"/> binds: a machine without IPv6 still takes callers where <c>[::]</c> was meant.</summary>
    public static IPEndPoint OnThisMachine(IPEndPoint endPoint) =>
        Socket.OSSupportsIPv6 ? endPoint
        : endPoint.Address.Equals(IPAddress.IPv6Any) ? new(IPAddress.Any, endPoint.Port) : PeerConnection.Unmapped(endPoint);

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var caller = await _socket.AcceptAsync(_stop.Token).ConfigureAwait(false);
                if (Volatile.Read(ref _halfOpen) >= MaxHalfOpen)
                {
                    Refuse(caller);
                    continue;
                }

                // Its time runs before it counts as half open. Its own source: the listener's may be gone before the last caller is.
                var patience = new CancellationTokenSource(_settings.HandshakeTimeout, _settings.Time);
                Interlocked.Increment(ref _halfOpen);
                _ = AnswerAsync(caller, patience);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(AcceptBackoff, _settings.Time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task AnswerAsync(Socket caller, CancellationTokenSource patience)
    {
        try
        {
            using var owned = patience;
            using var stop = _stop.Token.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), patience);
            var (handshake, _) = await PeerHandshaker.ReceiveAsync(caller, patience.Token).ConfigureAwait(false);
            if (handshake is { } known
                && known.PeerId != _settings.PeerId
                && _admit(known.InfoHash, PeerConnection.Unmapped(caller.RemoteEndPoint as IPEndPoint)) is { } admission
                && admission.Torrent.AnswerTo(known) is not null)
            {
                PeerConnection.StartInbound(caller, admission, _settings, known);
                return;
            }

            Refuse(caller);
        }
        catch (Exception)
        {
            // Too slow, reset, or stopping: whoever it was, the listener goes on.
            Refuse(caller);
        }
        finally
        {
            Interlocked.Decrement(ref _halfOpen);
        }
    }

    private void Refuse(Socket caller)
    {
        Interlocked.Increment(ref _refused);
        caller.Dispose();
    }
}
