using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Peer;

/// <summary>
/// One connection to a peer over a connected socket: a receive loop that turns bytes into calls of its <see cref="IPeerSink"/>
/// and a send loop that turns commands into bytes. It decides nothing but whether the peer keeps to the protocol. Without
/// an <see cref="IPeerServer"/> it only downloads: it says that it has nothing, always chokes, and refuses what is asked of it.
/// </summary>
public sealed class PeerConnection : IAsyncDisposable
{
    // The resolution of all its time-outs.
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(5);

    // Least free space at the end of the buffer before what is left in it moves to the front.
    private const int MinReceiveBytes = 64 * 1024;

    // A connection that always has bytes waiting gives its thread back after this many receives: 4 MiB.
    private const int MaxReceivesWithoutYield = 16;

    private readonly Socket _socket;
    private readonly PeerTorrent _torrent;
    private readonly IPeerSink _sink;
    private readonly IPeerServer? _server;
    private readonly PeerSettings _settings;
    private readonly PeerOutbox _outbox;
    private readonly PeerInbox _inbox;
    private readonly Lock _closeGate = new();
    private readonly long _startedAt;
    private Task _run = Task.CompletedTask;
    private ITimer? _timer;
    private Handshake? _theirs;
    private ExtensionHandshake? _description;
    private PeerClose _reason;
    private volatile bool _isReady;
    private volatile bool _isClosing;
    private long _receivedBytes;
    private long _receiveCalls;
    private long _lastReceivedAt;
    private long _lastSentAt;

    private PeerConnection(Socket socket, PeerTorrent torrent, IPeerSink sink, IPeerServer? server, PeerSettings settings, Handshake? inbound)
    {
        (_socket, _torrent, _sink, _server, _settings, _theirs) = (socket, torrent, sink, server, settings, inbound);
        IsInbound = inbound is not null;
        RemoteEndPoint = Unmapped(socket.RemoteEndPoint as IPEndPoint);
        LocalEndPoint = Unmapped(socket.LocalEndPoint as IPEndPoint);
        _outbox = new(socket);
        _inbox = new(this, _outbox, sink, server, torrent, settings.MaxInvalidMessages);
        _startedAt = _lastReceivedAt = _lastSentAt = settings.Time.GetTimestamp();
    }

    /// <summary>Where the peer is; an IPv4 address mapped into IPv6 is given as IPv4.</summary>
    public IPEndPoint RemoteEndPoint { get; }

    /// <summary>This node's end of the connection.</summary>
    public IPEndPoint LocalEndPoint { get; }

    /// <summary>True if the peer dialled us.</summary>
    public bool IsInbound { get; }

    public PeerId PeerId => _theirs?.PeerId ?? default;

    /// <summary>What the peer calls itself (BEP 10), else the client part of its id (BEP 20).</summary>
    public string ClientName => _description?.Client ?? PeerId.ClientPrefix;

    /// <summary>True from the first reason to close on.</summary>
    public bool IsClosed => _isClosing;

    /// <summary>Both sides speak BEP 6: every request gets its block or a reject.</summary>
    public bool SupportsFast { get; private set; }

    /// <summary>The peer set the v2 bit or answered with the v2 hash.</summary>
    public bool SupportsV2 { get; private set; }

    /// <summary>This connection is for the v2 hash: only then may hashes be asked for.</summary>
    public bool IsV2 { get; private set; }

    /// <summary>Requests the peer queues at once; above it, it drops or rejects.</summary>
    public int ReqQ => _description?.ReqQ ?? ExtensionHandshake.DefaultReqQ;

    /// <summary>The peer wants nothing (BEP 21).</summary>
    public bool IsUploadOnly => _description?.UploadOnly ?? false;

    /// <summary>The port the peer says it listens on (BEP 10), 0 if it did not.</summary>
    public int ListenPort => _description?.ListenPort ?? 0;

    /// <summary>How the peer sees us (BEP 10); null if it did not say.</summary>
    public IPAddress? OwnAddress => _description?.YourAddress?.ToAddress();

    public bool PeerChokes => _outbox.PeerChokes;

    public bool IsPeerInterested { get; internal set; }

    /// <summary>We choke the peer: what it asks for is refused.</summary>
    public bool IsChoking => _outbox.IsChoking;

    /// <summary>The peer understands lt_donthave (BEP 54).</summary>
    public bool TakesDontHave => _description?.DontHaveId is > 0;

    /// <summary>The peer understands swarm_crowd.</summary>
    public bool TakesCrowd => _description?.CrowdId is > 0;

    /// <summary>The peer understands ut_pex (BEP 11) for a torrent that has it.</summary>
    public bool TakesPeers => _torrent.ExchangesPeers && _description?.PexId is > 0;

    public bool IsInterested => _outbox.IsInterested;

    /// <summary>Requests neither answered nor cancelled.</summary>
    public int OutstandingRequests => _outbox.LiveRequests;

    /// <summary>Cancelled requests without an answer yet: with the fast extension they still hold a slot at the peer.</summary>
    public int UnansweredCancels => _outbox.UnansweredCancels;

    /// <summary>Bytes of blocks that were asked for.</summary>
    public long PayloadBytesReceived => _inbox.PayloadBytes;

    /// <summary>Bytes of blocks that nobody asked for.</summary>
    public long UnsolicitedBytesReceived => _inbox.UnsolicitedBytes;

    /// <summary>All bytes, from the handshake on.</summary>
    public long RawBytesReceived => Interlocked.Read(ref _receivedBytes);

    public long RawBytesSent => _outbox.SentBytes + (_isReady || IsInbound ? Handshake.Size : 0);

    /// <summary>Receives that brought bytes, after the handshake.</summary>
    public long ReceiveCalls => Interlocked.Read(ref _receiveCalls);

    public long SendCalls => _outbox.SendCalls;

    /// <summary>Ends after <see cref="IPeerSink.Closed"/>; never fails.</summary>
    public Task Completion => _run;

    /// <summary>Dials in the protocol's sense: the socket is connected, by whoever may decide on targets, and is owned from here on.</summary>
    public static PeerConnection StartOutbound(Socket socket, PeerTorrent torrent, IPeerSink sink, PeerSettings settings, IPeerServer? server = null) =>
        new PeerConnection(socket, torrent, sink, server, settings, inbound: null).Start();

    /// <summary>Answers a caller whose handshake was read and is for this torrent.</summary>
    internal static PeerConnection StartInbound(Socket socket, PeerAdmission admission, PeerSettings settings, Handshake caller) =>
        new PeerConnection(socket, admission.Torrent, admission.Sink, admission.Server, settings, caller).Start();

    /// <summary>
    /// Asks for a block of at most 16 KiB. False, and nothing is sent, if the connection is not open, chokes and does not
    /// allow this piece, the block is already asked for, or 2000 others are. Sent by <see cref="Flush"/>.
    /// </summary>
    public bool RequestBlock(int piece, int begin, int length) => _outbox.TryRequest(piece, begin, length);

    /// <summary>Takes a request back; its block may still come. False if there is no such request. Sent by <see cref="Flush"/>.</summary>
    public bool CancelBlock(int piece, int begin, int length) => _outbox.TryCancel(piece, begin, length);

    /// <summary>
    /// Asks for hashes (BEP 52), choked or not. False if this is no v2 connection (libtorrent disconnects for it), the
    /// request is not valid, or the same one is already open. Sent by <see cref="Flush"/>.
    /// </summary>
    public bool AskHashes(in HashRequestMessage request) => IsV2 && request.IsValid && _outbox.TryAskHashes(request);

    /// <summary>Says "interested", once; it is never taken back, since peers drop or punish those who change their mind. Sent by <see cref="Flush"/>.</summary>
    public void SetInterested() => _outbox.SetInterested();

    /// <summary>
    /// What we have, as the first message: HAVE_ALL, HAVE_NONE or a bitfield, and our extension handshake. Called once, by
    /// <see cref="IPeerServer.Greet"/>.
    /// </summary>
    /// <param name="bits">First piece in the high bit of the first byte.</param>
    /// <param name="held">Bits set.</param>
    /// <param name="isUploadOnly">We want nothing (BEP 21).</param>
    public void Greet(ReadOnlyMemory<byte> bits, int held, bool isUploadOnly) => _outbox.Open(SupportsFast, Greeting(bits, held, isUploadOnly));

    /// <summary>One more piece is here and checked. Sent by <see cref="Flush"/>.</summary>
    public void TellHave(int piece) => _outbox.TellHave(piece);

    /// <summary>A piece that was announced is gone (BEP 54); silence towards a peer that does not know the message. Sent by <see cref="Flush"/>.</summary>
    public void TellDontHave(int piece)
    {
        if (_description?.DontHaveId is { } id and > 0)
        {
            _outbox.TellDontHave(piece, id);
        }
    }

    /// <summary>Tells a viewer of ours what concerns the origin that we share; silence towards a peer that does not listen. Sent by <see cref="Flush"/>.</summary>
    /// <param name="leaves">As many as the message says.</param>
    public void TellCrowd(in CrowdMessage message, ReadOnlySpan<Hash256> leaves = default)
    {
        if (_description?.CrowdId is { } id and > 0)
        {
            _outbox.TellCrowd(message, leaves, id);
        }
    }

    /// <summary>Names other peers (BEP 11); silence towards a peer that does not listen. Sent by <see cref="Flush"/>.</summary>
    public void TellPeers(PexMessage message)
    {
        if (TakesPeers && _description?.PexId is { } id)
        {
            _outbox.TellPeers(message, id);
        }
    }

    /// <summary>Chokes or unchokes. What was asked for and not served yet is for the caller to refuse. Sent by <see cref="Flush"/>.</summary>
    public void SetChoking(bool choking) => _outbox.SetChoking(choking);

    /// <summary>Whether we want nothing changed (BEP 21), in a further extension handshake. Sent by <see cref="Flush"/>.</summary>
    public void SetUploadOnly(bool isUploadOnly)
    {
        if (_theirs is { } theirs && theirs.Supports(PeerFeatures.Extensions))
        {
            // Whole again: libtorrent takes an extension that a later handshake leaves out for one that is gone.
            _outbox.Describe(Description(isUploadOnly));
        }
    }

    /// <summary>Refuses a request, where refusals exist (BEP 6). Sent by <see cref="Flush"/>.</summary>
    public void Refuse(in RequestMessage request) => _outbox.Refuse(request);

    /// <summary>Refuses a hash request. Sent by <see cref="Flush"/>.</summary>
    public void Refuse(in HashRequestMessage request) => _outbox.Refuse(request);

    /// <summary>Answers a hash request; false if the peer reads too slowly, then it is to be refused. Sent by <see cref="Flush"/>.</summary>
    public bool SendHashes(in HashesMessage hashes) => _outbox.TrySendHashes(hashes);

    /// <summary>
    /// Lends a batch of blocks to the send loop. False if two wait already or the connection is not open. Sent by <see cref="Flush"/>; given back by <see cref="IPeerServer.Sent"/>, or with the end of the connection.
    /// </summary>
    public bool SendBlocks(BlockBatch batch) => _outbox.TrySend(batch);

    /// <summary>Sends what was commanded since the last flush, in one go. Commands given inside a callback need none.</summary>
    public void Flush() => _outbox.Flush();

    /// <summary>Ends the connection; the first reason counts.</summary>
    public void Close(PeerClose reason)
    {
        lock (_closeGate)
        {
            if (_isClosing)
            {
                return;
            }

            _isClosing = true;
            _reason = reason;
        }

        _outbox.Stop();
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The peer was quicker.
        }

        _socket.Dispose();
    }

    /// <summary>The kernel's smoothed round trip in micros; false where there is none (not Linux, closed, not measured yet).</summary>
    public bool TryGetRoundTripMicros(out int micros) => TcpRoundTrip.TryRead(_socket, out micros);

    public async ValueTask DisposeAsync()
    {
        Close(new(PeerCloseKind.Unwanted));
        await _run.ConfigureAwait(false);
    }

    /// <summary>The id under which the peer takes <c>ut_metadata</c>; 0 if it does not.</summary>
    internal byte MetadataId => _description?.MetadataId ?? 0;

    /// <summary>The peer says where its DHT node listens (BEP 5); of a private torrent nobody wants to know.</summary>
    internal void OnDhtPort(int port)
    {
        if (_torrent.UsesDht)
        {
            _settings.DhtNodeHeard?.Invoke(new(RemoteEndPoint.Address, port));
        }
    }

    internal void Describe(ExtensionHandshake handshake) => _description = _description?.UpdatedBy(handshake) ?? handshake;

    internal static IPEndPoint Unmapped(IPEndPoint? endPoint) => endPoint switch
    {
        null => new(IPAddress.None, 0),
        { Address.IsIPv4MappedToIPv6: true } => new(endPoint.Address.MapToIPv4(), endPoint.Port),
        _ => endPoint,
    };

    private PeerConnection Start()
    {
        _timer = _settings.Time.CreateTimer(static peer => ((PeerConnection)peer!).OnTick(), this, Tick, Tick);
        _run = Task.Run(RunAsync);
        return this;
    }

    private async Task RunAsync()
    {
        var send = Task.CompletedTask;
        try
        {
            _socket.NoDelay = true;
            SendQueue.Bound(_socket);
            if (await ShakeHandsAsync().ConfigureAwait(false))
            {
                send = SendAsync();
                await ReceiveAsync().ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            Close(ReasonOf(e));
        }

        Close(new(PeerCloseKind.RemoteClosed));
        await send.ConfigureAwait(false);
        if (_timer is { } timer)
        {
            await timer.DisposeAsync().ConfigureAwait(false);
        }

        try
        {
            _sink.Closed(this, _reason);
        }
        catch (Exception)
        {
            // A sink that throws at the end has nobody left to tell.
        }
    }

    private async ValueTask<bool> ShakeHandsAsync()
    {
        Handshake Own(WireHash hash) => new(_torrent.OwnFeatures, hash, _settings.PeerId);
        Handshake theirs;
        if (_theirs is { } caller)
        {
            theirs = caller;
            var hash = _torrent.AnswerTo(caller);
            if (hash is null)
            {
                Close(new(PeerCloseKind.WrongInfoHash));
                return false;
            }

            IsV2 = hash == _torrent.V2;
            await PeerHandshaker.SendAsync(_socket, Own(hash.Value), CancellationToken.None).ConfigureAwait(false);
        }
        else
        {
            await PeerHandshaker.SendAsync(_socket, Own(_torrent.DialHash), CancellationToken.None).ConfigureAwait(false);
            var (answer, reason) = await PeerHandshaker.ReceiveAsync(_socket, CancellationToken.None).ConfigureAwait(false);
            if (answer is null)
            {
                Close(reason);
                return false;
            }

            theirs = answer.Value;
            if (!_torrent.Accepts(theirs))
            {
                Close(new(PeerCloseKind.WrongInfoHash));
                return false;
            }

            IsV2 = theirs.InfoHash == _torrent.V2;
        }

        if (theirs.PeerId == _settings.PeerId)
        {
            Close(new(PeerCloseKind.SelfConnection));
            return false;
        }

        _theirs = theirs;
        SupportsFast = theirs.Supports(PeerFeatures.Fast);
        SupportsV2 = IsV2 || theirs.Supports(PeerFeatures.V2);
        Interlocked.Add(ref _receivedBytes, Handshake.Size);
        if (_server is null)
        {
            Greet(default, 0, isUploadOnly: false);
        }
        else
        {
            _server.Greet(this);
        }

        _isReady = true;
        _sink.Ready(this);
        _outbox.Flush();
        return true;
    }

    // What we have first (BEP 6: immediately after the handshake); without the fast extension "nothing" is said by silence.
    private ReadOnlySpan<byte> Greeting(ReadOnlyMemory<byte> bits, int held, bool isUploadOnly)
    {
        var greeting = new ArrayBufferWriter<byte>(128);
        if (SupportsFast && (held == 0 || held == _torrent.PieceCount))
        {
            new SignalMessage(held == 0 ? MessageId.HaveNone : MessageId.HaveAll).Write(greeting);
        }
        else if (held > 0)
        {
            new BitfieldMessage(new(bits), _torrent.PieceCount).Write(greeting);
        }

        if (_theirs is { } theirs && theirs.Supports(PeerFeatures.Extensions))
        {
            Description(isUploadOnly ? true : null).Write(greeting);
        }

        if (_torrent.UsesDht && _settings.DhtPort > 0 && _theirs is { } node && node.Supports(PeerFeatures.Dht))
        {
            new PortMessage((ushort)_settings.DhtPort).Write(greeting);
        }

        return greeting.WrittenSpan;
    }

    private ExtensionHandshake Description(bool? isUploadOnly) => new()
    {
        Client = PeerSettings.Client,
        ReqQ = PeerSettings.ServedRequests,
        ListenPort = IsInbound ? 0 : _settings.ListenPort,
        DontHaveId = ExtensionHandshake.OwnDontHaveId,
        CrowdId = ExtensionHandshake.OwnCrowdId,
        PexId = _torrent.ExchangesPeers ? ExtensionHandshake.OwnPexId : null,
        UploadOnly = isUploadOnly,
        YourAddress = PeerEndpoint.From(RemoteEndPoint.Address, 0),
        MetadataId = _torrent.Metadata.IsEmpty ? null : ExtensionHandshake.OwnMetadataId,
        MetadataBytes = _torrent.Metadata.IsEmpty ? null : _torrent.Metadata.Length,
    };

    private async Task ReceiveAsync()
    {
        var buffer = ReceiveBufferPool.Rent(_inbox.FrameMaxBytes + MinReceiveBytes);
        try
        {
            int start = 0, end = 0, receivesWithoutYield = 0;
            while (true)
            {
                if (buffer.Length - end < MinReceiveBytes || start == end)
                {
                    buffer.AsSpan(start, end - start).CopyTo(buffer);
                    (start, end) = (0, end - start);
                }

                var receive = _socket.ReceiveAsync(buffer.AsMemory(end), SocketFlags.None);
                receivesWithoutYield = receive.IsCompleted ? receivesWithoutYield + 1 : 0;
                var n = await receive.ConfigureAwait(false);
                if (n == 0)
                {
                    Close(new(PeerCloseKind.RemoteClosed));
                    return;
                }

                end += n;
                Interlocked.Add(ref _receivedBytes, n);
                Interlocked.Increment(ref _receiveCalls);
                Volatile.Write(ref _lastReceivedAt, _settings.Time.GetTimestamp());
                var rest = new ReadOnlySequence<byte>(buffer, start, end - start);
                if (!_inbox.Take(ref rest, out var reason))
                {
                    Close(reason);
                    return;
                }

                start = end - (int)rest.Length;
                _sink.BatchEnd(this);
                _outbox.Flush();
                if (receivesWithoutYield >= MaxReceivesWithoutYield)
                {
                    receivesWithoutYield = 0;
                    await Task.Yield();
                }
            }
        }
        finally
        {
            ReceiveBufferPool.Return(buffer);
        }
    }

    private async Task SendAsync()
    {
        try
        {
            await _outbox.SendLoopAsync(() => Math.Max(1, _settings.Time.GetTimestamp()), OnSent).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Close(ReasonOf(e));
        }
    }

    private void OnSent(BlockBatch? batch)
    {
        Volatile.Write(ref _lastSentAt, _settings.Time.GetTimestamp());
        if (batch is not null)
        {
            _server!.Sent(this, batch);
        }
    }

    private void OnTick()
    {
        var time = _settings.Time;
        if (!_isReady)
        {
            if (time.GetElapsedTime(_startedAt) >= _settings.HandshakeTimeout)
            {
                Close(new(PeerCloseKind.HandshakeTimeout));
            }
        }
        else if (time.GetElapsedTime(Volatile.Read(ref _lastReceivedAt)) >= _settings.InactivityTimeout)
        {
            Close(new(PeerCloseKind.Inactive));
        }
        else if (_outbox.SendingSince is > 0 and var since && time.GetElapsedTime(since) >= _settings.SendTimeout)
        {
            Close(new(PeerCloseKind.SendBacklog));
        }
        else if (time.GetElapsedTime(Volatile.Read(ref _lastSentAt)) >= _settings.KeepAliveInterval)
        {
            _outbox.KeepAlive();
        }
    }

    private static PeerClose ReasonOf(Exception e) => e switch
    {
        SocketException socket => PeerClose.Of(socket.SocketErrorCode),
        ObjectDisposedException or OperationCanceledException => new(PeerCloseKind.Unwanted),
        _ => new(PeerCloseKind.SinkFailed),
    };
}
