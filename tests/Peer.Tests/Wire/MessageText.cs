using System.Buffers;
using System.Globalization;
using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Peer.Tests;

/// <summary>Reads one message of each kind into the text of the golden files, and writes it again.</summary>
internal static class MessageText
{
    public static (string Text, byte[] Rewritten) Read(ReadOnlySequence<byte> bytes, WireLimits limits)
    {
        var to = new ArrayBufferWriter<byte>();
        var status = FrameReader.Read(ref bytes, limits, out var frame, out var error);
        Assert.True(bytes.IsEmpty, "bytes are left over");
        if (status == FrameStatus.KeepAlive)
        {
            KeepAliveMessage.Write(to);
            return ("KeepAlive", to.WrittenSpan.ToArray());
        }

        Assert.True(status == FrameStatus.Message, $"{status}: {error}");
        var text = Read(frame, limits, to);
        return (text, to.WrittenSpan.ToArray());
    }

    private static string Read(Frame frame, WireLimits limits, ArrayBufferWriter<byte> to)
    {
        var reader = new SequenceReader<byte>(frame.Payload);
        var name = frame.Id.ToString();
        switch (frame.Id)
        {
            case MessageId.Choke or MessageId.Unchoke or MessageId.Interested or MessageId.NotInterested or MessageId.HaveAll or MessageId.HaveNone:
                new SignalMessage(frame.Id).Write(to);
                return name;
            case MessageId.Have:
                Assert.True(HaveMessage.TryRead(ref reader, out var have));
                have.Write(to);
                return $"{name} piece {have.Piece}";
            case MessageId.Bitfield:
                Assert.True(BitfieldMessage.TryRead(ref reader, limits.PieceCount, out var bitfield));
                bitfield.Write(to);
                for (var from = 0; bitfield.TryNextRun(from, out var first, out var count); from = first + count)
                {
                    name += $" {first}+{count}";
                }

                return name;
            case MessageId.Request:
                Assert.True(RequestMessage.TryRead(ref reader, out var request));
                request.Write(to);
                return Block(name, request.Piece, request.Begin, request.Length);
            case MessageId.Cancel:
                Assert.True(CancelMessage.TryRead(ref reader, out var cancel));
                cancel.Write(to);
                return Block(name, cancel.Piece, cancel.Begin, cancel.Length);
            case MessageId.Port:
                Assert.True(PortMessage.TryRead(ref reader, out var port));
                port.Write(to);
                return $"{name} {port.Port}";
            case MessageId.RejectRequest:
                Assert.True(RejectRequestMessage.TryRead(ref reader, out var reject));
                reject.Write(to);
                return Block(name, reject.Piece, reject.Begin, reject.Length);
            case MessageId.Piece:
                Assert.True(PieceMessage.TryRead(ref reader, out var piece));
                piece.Write(to);
                var block = reader.UnreadSequence.ToArray();
                to.Write(block);
                return Block(name, piece.Piece, piece.Begin, piece.Length) + " " + Convert.ToHexStringLower(block);
            case MessageId.SuggestPiece:
                Assert.True(SuggestPieceMessage.TryRead(ref reader, out var suggest));
                suggest.Write(to);
                return $"{name} piece {suggest.Piece}";
            case MessageId.AllowedFast:
                Assert.True(AllowedFastMessage.TryRead(ref reader, out var allowed));
                allowed.Write(to);
                return $"{name} piece {allowed.Piece}";
            case MessageId.Extended:
                return Extended(name, ref reader, to);
            case MessageId.HashRequest or MessageId.HashReject:
                Assert.True(HashRequestMessage.TryRead(ref reader, out var hashRequest));
                Assert.True(hashRequest.IsValid);
                if (frame.Id == MessageId.HashRequest)
                {
                    hashRequest.Write(to);
                }
                else
                {
                    hashRequest.WriteReject(to);
                }

                return $"{name} {Tree(hashRequest)}";
            case MessageId.Hashes:
                Assert.True(HashesMessage.TryRead(ref reader, out var hashes));
                hashes.Write(to);
                var all = new Hash256[hashes.Count];
                hashes.CopyTo(0, all);
                return $"{name} {Tree(hashes.Request)} hashes {hashes.Count} uncles {hashes.UncleCount} {string.Join(' ', all.Select(h => h.ToString()[..6]))}";
            default:
                to.Write(BitConverter.GetBytes(System.Net.IPAddress.HostToNetworkOrder((int)frame.Payload.Length + 1)));
                to.Write([(byte)frame.Id]);
                to.Write(frame.Payload.ToArray());
                return $"{(byte)frame.Id} length {frame.Payload.Length}";
        }
    }

    private static string Extended(string name, ref SequenceReader<byte> reader, ArrayBufferWriter<byte> to)
    {
        Assert.True(ExtendedMessage.TryRead(ref reader, out var extended));
        var text = string.Create(CultureInfo.InvariantCulture, $"{name} {extended.ExtendedId} length {extended.Length}");
        if (extended.ExtendedId != ExtendedMessage.HandshakeId)
        {
            Assert.True(DontHaveMessage.TryRead(ref reader, out var lost));
            lost.Write(to, extended.ExtendedId);
            return $"{text} donthave {lost.Piece}";
        }

        Assert.True(ExtensionHandshake.TryRead(ref reader, out var said));
        said.Write(to);
        return $"{text} client {said.Client ?? "-"} reqq {said.ReqQ?.ToString(CultureInfo.InvariantCulture) ?? "-"} port {said.ListenPort} "
            + $"uploadOnly {(said.UploadOnly is { } only ? only ? "1" : "0" : "-")} donthave {said.DontHaveId?.ToString(CultureInfo.InvariantCulture) ?? "-"}";
    }

    private static string Block(string name, int piece, int begin, int length) => $"{name} piece {piece} begin {begin} length {length}";

    private static string Tree(in HashRequestMessage m) =>
        $"root {m.PiecesRoot.ToString()[..8]} layer {m.BaseLayer} index {m.Index} length {m.Length} proofs {m.ProofLayers}";
}
