using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using System.Security.Cryptography;
using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Peer;

/// <summary>
/// Fetches the metadata of a torrent that is known by its infohash alone, from one peer over a connection of its own: the info
/// dictionary (BEP 9), then the piece layers that a v2 one lacks (BEP 52). One peer gives all of it, so that a wrong whole names its liar.
/// </summary>
public sealed class MetadataFetcher : IDisposable
{
    /// <summary>Requests open at once: enough to hide a round trip, polite to a peer that serves strangers.</summary>
    private const int Pipeline = 8;

    /// <summary>A useful message is due within this.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>The longest message listened to: a bitfield of two million pieces is 256 KiB.</summary>
    private const int MaxMessageBytes = 1 << 20;

    /// <summary>Bytes of other messages (bitfields, haves) that are skipped before the peer counts as a flood.</summary>
    private const long MaxSkippedBytes = 8 << 20;

    private readonly Socket _socket;
    private readonly InfoHash _infoHash;
    private readonly PeerSettings _settings;
    private readonly WireHash? _v1;
    private readonly WireHash? _v2;
    private readonly bool _onlyLayers;
    private readonly ArrayBufferWriter<byte> _out = new(1024);
    private readonly List<byte[]?> _pieces = [];
    private readonly Queue<(int File, HashRequestPlan Plan)> _layersWanted = new();
    private readonly Dictionary<HashRequestMessage, (int File, HashRequestPlan Plan)> _layersAsked = [];
    private readonly Dictionary<int, Hash256[]> _layers = [];
    private readonly CancellationTokenSource _patience;
    private Metainfo? _metainfo;
    private bool _isV2;
    private byte _metadataId;
    private int _totalBytes;
    private int _nextPiece;
    private int _missing;
    private long _skippedBytes;

    private MetadataFetcher(Socket socket, InfoHash infoHash, Metainfo? known, PeerSettings settings)
    {
        (_socket, _infoHash, _settings, _metainfo) = (socket, infoHash, settings, known);
        _onlyLayers = known is not null;
        _patience = new(Patience, settings.Time);
        (_v1, _v2) = (WireHash.V1Of(known?.InfoHash ?? infoHash), WireHash.V2Of(known?.InfoHash ?? infoHash));
    }

    /// <summary>Takes over the connected socket. Never throws but for the caller's own cancellation.</summary>
    /// <param name="known">What an earlier peer gave, when only piece layers are missing; they come over the v2 hash alone.</param>
    public static async Task<MetadataResult> FetchAsync(Socket socket, InfoHash infoHash, Metainfo? known, PeerSettings settings, CancellationToken cancel)
    {
        using var fetcher = new MetadataFetcher(socket, infoHash, known, settings);
        try
        {
            return await fetcher.RunAsync(cancel).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return fetcher.Partial(MetadataFault.Silent, "it said nothing useful in time");
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            return fetcher.Partial(MetadataFault.Silent, "the connection ended");
        }
    }

    public void Dispose()
    {
        _patience.Dispose();
        _socket.Dispose();
    }

    private async Task<MetadataResult> RunAsync(CancellationToken cancel)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, _patience.Token);
        var stop = both.Token;
        if (await GreetAsync(stop).ConfigureAwait(false) is { } stranger)
        {
            return stranger;
        }

        if (_metainfo is not null && BeginLayers() is { } done)
        {
            return done;
        }

        await using var stream = new NetworkStream(_socket, ownsSocket: false);
        var prefix = new byte[4];
        while (true)
        {
            await FlushAsync(stream, stop).ConfigureAwait(false);
            await stream.ReadExactlyAsync(prefix, stop).ConfigureAwait(false);
            var length = BinaryPrimitives.ReadUInt32BigEndian(prefix);
            if (length > MaxMessageBytes)
            {
                return Partial(MetadataFault.Lied, $"a message of {length} bytes");
            }

            var message = ArrayPool<byte>.Shared.Rent(Math.Max(1, (int)length));
            try
            {
                await stream.ReadExactlyAsync(message.AsMemory(0, (int)length), stop).ConfigureAwait(false);
                if (length > 0 && Handle((MessageId)message[0], new ReadOnlySequence<byte>(message, 1, (int)length - 1)) is { } verdict)
                {
                    return verdict;
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(message);
            }
        }
    }

    /// <summary>Null once both sides have said who they are.</summary>
    private async Task<MetadataResult?> GreetAsync(CancellationToken stop)
    {
        // Layers come over the v2 hash alone; the dictionary over whichever hash the magnet named, upgraded where both are known.
        var dial = _onlyLayers ? _v2 ?? _v1 : _v1 ?? _v2;
        var features = PeerFeatures.Fast | PeerFeatures.Extensions | (_v2 is null ? PeerFeatures.None : PeerFeatures.V2);
        await PeerHandshaker.SendAsync(_socket, new(features, dial!.Value, _settings.PeerId), stop).ConfigureAwait(false);
        var (answer, reason) = await PeerHandshaker.ReceiveAsync(_socket, stop).ConfigureAwait(false);
        if (answer is not { } theirs || (theirs.InfoHash != _v1 && theirs.InfoHash != _v2) || theirs.PeerId == _settings.PeerId)
        {
            return new(null, answer is null && reason.Kind != PeerCloseKind.NotBitTorrent ? MetadataFault.Silent : MetadataFault.NotOurs, "no handshake for this torrent");
        }

        _isV2 = theirs.InfoHash == _v2;
        if (theirs.Supports(PeerFeatures.Fast))
        {
            new SignalMessage(MessageId.HaveNone).Write(_out);
        }

        if (!theirs.Supports(PeerFeatures.Extensions))
        {
            return !_onlyLayers ? new(null, MetadataFault.Refused, "it does not speak the extension protocol") : null;
        }

        new ExtensionHandshake { Client = PeerSettings.Client, MetadataId = ExtensionHandshake.OwnMetadataId }.Write(_out);
        return null;
    }

    private MetadataResult? Handle(MessageId id, ReadOnlySequence<byte> payload)
    {
        var reader = new SequenceReader<byte>(payload);
        switch (id)
        {
            case MessageId.Extended when _metainfo is null && ExtendedMessage.TryRead(ref reader, out var extended):
                return extended.ExtendedId switch
                {
                    ExtendedMessage.HandshakeId => OnDescribed(ref reader),
                    ExtensionHandshake.OwnMetadataId => OnMetadata(ref reader),
                    _ => Skip(payload.Length),
                };
            case MessageId.Hashes when _layersAsked.Count > 0:
                return OnHashes(ref reader);
            case MessageId.HashReject when _layersAsked.Count > 0:
                return Partial(MetadataFault.Refused, "it refuses the piece layers");
            default:
                return Skip(payload.Length + 1);
        }
    }

    /// <summary>What is not for us: bounded, and no reason for more patience.</summary>
    private MetadataResult? Skip(long bytes)
    {
        _skippedBytes += bytes;
        return _skippedBytes > MaxSkippedBytes ? Partial(MetadataFault.Lied, "a flood of other messages") : null;
    }

    private MetadataResult? OnDescribed(ref SequenceReader<byte> reader)
    {
        if (_totalBytes > 0)
        {
            return null; // a later handshake says what changed; the dictionary does not
        }

        if (!ExtensionHandshake.TryRead(ref reader, out var theirs))
        {
            return new(null, MetadataFault.Lied, "a broken extension handshake");
        }

        if (theirs.MetadataId is not > 0 || theirs.MetadataBytes is not { } total || total == 0)
        {
            return new(null, MetadataFault.Refused, "it has no metadata yet");
        }

        if (!MetadataMessage.IsUsable(total))
        {
            return new(null, MetadataFault.Lied, $"it says that the metadata has {total} bytes");
        }

        Useful();
        _metadataId = theirs.MetadataId.Value;
        _totalBytes = (int)total;
        _missing = MetadataMessage.PieceCount(_totalBytes);
        for (var i = 0; i < Math.Min(Pipeline, _missing); i++)
        {
            AskNext();
        }

        return null;
    }

    private MetadataResult? OnMetadata(ref SequenceReader<byte> reader)
    {
        if (!MetadataMessage.TryRead(ref reader, out var message))
        {
            return new(null, MetadataFault.Lied, "a broken metadata message");
        }

        switch (message.Kind)
        {
            case MetadataKind.Reject:
                return new(null, MetadataFault.Refused, "it refuses to send the metadata");
            case MetadataKind.Data when _totalBytes > 0:
                break;
            default:
                return Skip(reader.Length); // a request: there is nothing to give yet
        }

        if (message.TotalBytes != _totalBytes || message.Piece >= _pieces.Count || _pieces[message.Piece] is not null)
        {
            return new(null, MetadataFault.Lied, "metadata that was not asked for");
        }

        Useful();
        _pieces[message.Piece] = reader.UnreadSequence.ToArray();
        _missing--;
        if (_nextPiece < MetadataMessage.PieceCount(_totalBytes))
        {
            AskNext();
        }

        return _missing > 0 ? null : OnWhole();
    }

    private void AskNext()
    {
        _pieces.Add(null);
        new MetadataMessage(MetadataKind.Request, _nextPiece++).Write(_out, _metadataId);
    }

    private MetadataResult? OnWhole()
    {
        byte[] info = [.. _pieces.SelectMany(p => p!)];
        _pieces.Clear();
        if (!Names(info))
        {
            return new(null, MetadataFault.Lied, "the metadata does not hash to the infohash");
        }

        if (!Metainfo.TryParseInfo(info, out _metainfo, out var error))
        {
            // The right bytes: nobody can give better ones.
            return new(null, MetadataFault.Refused, $"the metadata is right, but unusable: {error}");
        }

        return BeginLayers();
    }

#pragma warning disable CA5350 // BEP 3 names torrents by SHA-1.
    private bool Names(byte[] info) =>
        (_infoHash.V1Bytes is not { } v1 || SHA1.HashData(info).AsSpan().SequenceEqual(v1))
        && (_infoHash.V2 is not { } v2 || MerkleTree.Leaf(info) == v2);
#pragma warning restore CA5350

    /// <summary>A result if nothing more is to be had here; null if layers were asked for.</summary>
    private MetadataResult? BeginLayers()
    {
        var metainfo = _metainfo!;
        for (var file = 0; file < metainfo.Layout.Files.Length; file++)
        {
            if (metainfo.HasV2Trees && metainfo.Layout.Files[file].Length > 0 && !metainfo.HasPieceHashes(file))
            {
                foreach (var plan in HashRequestPlan.ForPieceLayer(metainfo, file))
                {
                    _layersWanted.Enqueue((file, plan));
                }
            }
        }

        if (_layersWanted.Count == 0)
        {
            return new(metainfo, MetadataFault.None);
        }

        if (!_isV2)
        {
            return new(metainfo, MetadataFault.Refused, "a v1 connection brings no piece layers");
        }

        AskLayers();
        return null;
    }

    private void AskLayers()
    {
        while (_layersAsked.Count < Pipeline && _layersWanted.TryDequeue(out var wanted))
        {
            var request = new HashRequestMessage(wanted.Plan.PiecesRoot, wanted.Plan.BaseLayer, wanted.Plan.Index, wanted.Plan.Length, wanted.Plan.ProofLayers);
            _layersAsked[request] = wanted;
            request.Write(_out);
        }
    }

    private MetadataResult? OnHashes(ref SequenceReader<byte> reader)
    {
        if (!HashesMessage.TryRead(ref reader, out var message) || !_layersAsked.Remove(message.Request, out var asked) || message.Count < asked.Plan.Length)
        {
            return Partial(MetadataFault.Lied, "hashes that were not asked for");
        }

        var metainfo = _metainfo!;
        var all = new Hash256[message.Count];
        message.CopyTo(0, all);
        var (file, plan) = asked;
        if (!LeafRun.TryVerify(metainfo, file, plan.BaseLayer, plan.Index, plan.Length, all.AsSpan(0, plan.Length), all.AsSpan(plan.Length)))
        {
            return Partial(MetadataFault.Lied, "hashes that do not lead to the pieces root");
        }

        Useful();
        if (!_layers.TryGetValue(file, out var layer))
        {
            _layers[file] = layer = new Hash256[metainfo.PiecesIn(file)];
        }

        all.AsSpan(0, Math.Min(plan.Length, layer.Length - plan.Index)).CopyTo(layer.AsSpan(plan.Index));
        AskLayers();
        return _layersAsked.Count > 0 ? null : OnLayers();
    }

    private MetadataResult OnLayers()
    {
        foreach (var (file, layer) in _layers)
        {
            if (!_metainfo!.TryWithPieceLayer(file, layer, out var fuller))
            {
                return Partial(MetadataFault.Lied, "a piece layer that does not lead to its root");
            }

            _metainfo = fuller;
        }

        return new(_metainfo, MetadataFault.None);
    }

    /// <summary>The info dictionary is worth keeping whatever became of its layers.</summary>
    private MetadataResult Partial(MetadataFault fault, string detail) => new(_metainfo, fault, detail);

    private void Useful() => _patience.CancelAfter(Patience);

    private async ValueTask FlushAsync(NetworkStream stream, CancellationToken stop)
    {
        if (_out.WrittenCount > 0)
        {
            await stream.WriteAsync(_out.WrittenMemory, stop).ConfigureAwait(false);
            _out.ResetWrittenCount();
        }
    }
}
