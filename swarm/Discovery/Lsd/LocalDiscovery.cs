using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>
/// Calls this node's torrents out in the local networks and listens for others who do (BEP 14), over IPv4 and IPv6. Nothing is opened before the first
/// search. Thread-safe.
/// </summary>
public sealed class LocalDiscovery : IAsyncDisposable
{
    /// <summary>After an error that may last.</summary>
    private static readonly TimeSpan Backoff = TimeSpan.FromMilliseconds(100);

    /// <summary>How often interfaces are looked at while none takes part.</summary>
    private const long LookMicros = 30_000_000;

    private static readonly IPAddress GroupV4 = IPAddress.Parse("239.192.152.143");
    private static readonly IPAddress GroupV6 = IPAddress.Parse("ff15::efc0:988f");

    private readonly Func<IReadOnlyList<LsdInterface>> _interfaces;
    private readonly Func<int> _listenPort;
    private readonly int _groupPort;
    private readonly TimeProvider _time;
    private readonly Action<string> _tell;
    private readonly EventClock _clock;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly LsdBook _book = new(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
    private readonly List<(Socket Socket, bool Ipv6)> _sockets = [];
    private readonly HashSet<LsdInterface> _joined = [];
    private readonly List<Task> _runs = [];
    private bool _isOpen;

    /// <param name="listenPort">Where this node takes peers; 0 while it does not.</param>
    /// <param name="tell">Told why there is no local discovery, once.</param>
    /// <param name="groupPort">BEP 14's, but in tests.</param>
    public LocalDiscovery(
        Func<IReadOnlyList<LsdInterface>> interfaces, Func<int> listenPort, TimeProvider time, Action<string> tell, int groupPort = Bep14LocalDiscovery.MulticastPort)
    {
        (_interfaces, _listenPort, _time, _tell, _groupPort) = (interfaces, listenPort, time, tell, groupPort);
        _clock = new(time);
    }

    /// <summary>Looks for others with the same torrent until disposed.</summary>
    public IPeerFinder Search(LsdSearch search)
    {
        IReadOnlyList<IPEndPoint> known;
        lock (_gate)
        {
            known = _book.Add(search, _clock.Now);
            if (!_isOpen && !_stop.IsCancellationRequested)
            {
                _isOpen = true;
                Open();
            }
        }

        foreach (var peer in known)
        {
            search.Found(peer);
        }

        return new Finder(this, search);
    }

    public async ValueTask DisposeAsync()
    {
        Task[] runs;
        lock (_gate)
        {
            if (_stop.IsCancellationRequested)
            {
                return;
            }

            _stop.Cancel();
            runs = [.. _runs];
            _sockets.ForEach(s => s.Socket.Dispose());
        }

        await Task.WhenAll(runs).ConfigureAwait(false);
        _stop.Dispose();
    }

    /// <summary>Inside the lock.</summary>
    private void Open()
    {
        foreach (var ipv6 in new[] { false, true })
        {
            try
            {
                var socket = new Socket(ipv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
                _sockets.Add((socket, ipv6));
                if (ipv6)
                {
                    socket.DualMode = false;
                }

                // Every client on the machine listens at this port.
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
                socket.SetSocketOption(ipv6 ? SocketOptionLevel.IPv6 : SocketOptionLevel.IP, SocketOptionName.PacketInformation, true);
                socket.SetSocketOption(ipv6 ? SocketOptionLevel.IPv6 : SocketOptionLevel.IP, SocketOptionName.MulticastLoopback, true);
                socket.Bind(new IPEndPoint(ipv6 ? IPAddress.IPv6Any : IPAddress.Any, _groupPort));
                _runs.Add(Task.Run(() => ListenAsync(socket, ipv6)));
            }
            catch (SocketException e)
            {
                if (!ipv6)
                {
                    _tell($"no local discovery: {e.Message}");
                }

                if (_sockets.Count > 0 && _sockets[^1].Ipv6 == ipv6)
                {
                    _sockets[^1].Socket.Dispose();
                    _sockets.RemoveAt(_sockets.Count - 1);
                }
            }
        }

        _runs.Add(Task.Run(CallAsync));
    }

    private async Task CallAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), _time);
        var lookAt = _clock.Now;
        try
        {
            do
            {
                Bep14LocalDiscovery? call;
                lock (_gate)
                {
                    call = _book.Due(_listenPort(), _clock.Now);
                }

                // Interfaces come and go: they are looked at again whenever something is said, and joined before it.
                if (call is not null || (_joined.Count == 0 && _clock.Now >= lookAt))
                {
                    lookAt = _clock.Now + LookMicros;
                    foreach (var network in _interfaces())
                    {
                        Say(network, call);
                    }
                }
            }
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    private void Say(LsdInterface network, Bep14LocalDiscovery? call)
    {
        var ipv6 = network.Address.AddressFamily == AddressFamily.InterNetworkV6;
        if (_sockets.FirstOrDefault(s => s.Ipv6 == ipv6).Socket is not { } socket)
        {
            return;
        }

        try
        {
            if (!_joined.Contains(network))
            {
                Join(socket, network, ipv6);
                _joined.Add(network);
            }

            if (call is not null)
            {
                socket.SetSocketOption(
                    ipv6 ? SocketOptionLevel.IPv6 : SocketOptionLevel.IP, SocketOptionName.MulticastInterface,
                    ipv6 ? network.Index : BitConverter.ToInt32(network.Address.GetAddressBytes()));
                socket.SendTo(call.Write(ipv6), new IPEndPoint(ipv6 ? GroupV6 : GroupV4, _groupPort));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // An interface that just went, or carries no multicast after all; the others do.
            _joined.Remove(network);
        }
    }

    private static void Join(Socket socket, LsdInterface network, bool ipv6)
    {
        try
        {
            if (ipv6)
            {
                socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.AddMembership, new IPv6MulticastOption(GroupV6, network.Index));
            }
            else
            {
                socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.AddMembership, new MulticastOption(GroupV4, network.Address));
            }
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            // A member by another address of the same interface.
        }
    }

    private async Task ListenAsync(Socket socket, bool ipv6)
    {
        var buffer = new byte[Bep14LocalDiscovery.MaxBytes + 1];
        var any = new IPEndPoint(ipv6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var got = await socket.ReceiveMessageFromAsync(buffer, SocketFlags.None, any, _stop.Token).ConfigureAwait(false);

                // Said to the group: what is sent to this machine alone may come from anywhere.
                if (got.PacketInformation.Address is { } to && (to.Equals(GroupV4) || to.Equals(GroupV6)) && got.RemoteEndPoint is IPEndPoint from)
                {
                    Hear(from.Address, buffer.AsSpan(0, got.ReceivedBytes));
                }
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.MessageSize or SocketError.ConnectionReset or SocketError.ConnectionRefused)
            {
                // Too long a datagram, or an answer of the network to what was sent.
            }
            catch (SocketException)
            {
                await Task.Delay(Backoff, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Hear(IPAddress from, ReadOnlySpan<byte> datagram)
    {
        if (from.IsIPv6LinkLocal || Bep14LocalDiscovery.Read(datagram) is not { } said)
        {
            return;
        }

        IReadOnlyList<LsdSearch> whose;
        lock (_gate)
        {
            whose = _book.Hear(from, said, _clock.Now);
        }

        foreach (var search in whose)
        {
            search.Found(new(from, said.Port));
        }
    }

    private sealed class Finder(LocalDiscovery owner, LsdSearch search) : IPeerFinder
    {
        public void Completed()
        {
            // Nobody keeps books here.
        }

        public ValueTask DisposeAsync()
        {
            lock (owner._gate)
            {
                owner._book.Remove(search);
            }

            return ValueTask.CompletedTask;
        }
    }
}
