using System.Buffers;
using System.Collections;
using FsCheck;
using FsCheck.Fluent;
using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Peer.Tests;

/// <summary>What is written is read again, for any field values; runs of a bitfield are its bits.</summary>
public sealed class RoundTripTests
{
    private delegate bool TryRead<T>(ref SequenceReader<byte> reader, out T message);

    [Fact]
    public void NumberMessages_WriteThenRead_AreEqual() => Prop.ForAll<NonNegativeInt, NonNegativeInt, NonNegativeInt>((a, b, c) =>
    {
        var (x, y, z) = (a.Get, b.Get, c.Get);
        return RoundTrip<HaveMessage>(new(x), m => m.Write, HaveMessage.TryRead)
            && RoundTrip<SuggestPieceMessage>(new(x), m => m.Write, SuggestPieceMessage.TryRead)
            && RoundTrip<AllowedFastMessage>(new(x), m => m.Write, AllowedFastMessage.TryRead)
            && RoundTrip<RequestMessage>(new(x, y, z), m => m.Write, RequestMessage.TryRead)
            && RoundTrip<CancelMessage>(new(x, y, z), m => m.Write, CancelMessage.TryRead)
            && RoundTrip<RejectRequestMessage>(new(x, y, z), m => m.Write, RejectRequestMessage.TryRead);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void HashRequests_WriteThenRead_AreEqual() => Prop.ForAll<ulong, NonNegativeInt, NonNegativeInt>((seed, a, b) =>
    {
        var message = new HashRequestMessage(new(seed, ~seed, seed * 3, 7), a.Get % 32, b.Get, 2 << (a.Get % 9), b.Get % 33);
        return RoundTrip(message, m => m.Write, HashRequestMessage.TryRead) && RoundTrip(message, m => m.WriteReject, HashRequestMessage.TryRead);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Hashes_WriteThenRead_AreEqual() => Prop.ForAll<byte, NonNegativeInt, NonNegativeInt>((fill, a, b) =>
    {
        var length = 2 << (a.Get % 9);
        var proofs = b.Get % 20;
        var request = new HashRequestMessage(new(fill, 1, 2, 3), 0, length * (b.Get % 100), length, proofs);
        var bytes = Enumerable.Range(0, (length + (proofs / 2)) * Hash256.Size).Select(i => (byte)(i * 7 + fill)).ToArray();
        var to = new ArrayBufferWriter<byte>();
        new HashesMessage(request, new(bytes)).Write(to);
        var payload = Payload(to.WrittenSpan.ToArray(), MessageId.Hashes);
        var reader = new SequenceReader<byte>(payload);
        return HashesMessage.TryRead(ref reader, out var read) && read.Request == request && read.HashBytes.ToArray().AsSpan().SequenceEqual(bytes)
            && read.UncleCount == proofs / 2 && reader.End;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void BitfieldRuns_AreItsBits() => Prop.ForAll<bool[], PositiveInt>((has, segment) =>
    {
        var bits = new byte[(has.Length + 7) / 8];
        for (var i = 0; i < has.Length; i++)
        {
            bits[i / 8] |= (byte)(has[i] ? 0x80 >> (i % 8) : 0);
        }

        var reader = new SequenceReader<byte>(Segments.Of(bits, segment.Get));
        if (!BitfieldMessage.TryRead(ref reader, has.Length, out var bitfield))
        {
            return false;
        }

        var seen = new BitArray(has.Length);
        var lastEnd = -1;
        for (var from = 0; bitfield.TryNextRun(from, out var first, out var count); from = first + count)
        {
            if (first <= lastEnd)
            {
                return false;
            }

            lastEnd = first + count;
            for (var i = first; i < lastEnd; i++)
            {
                seen[i] = true;
            }
        }

        return has.SequenceEqual(seen.Cast<bool>());
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void ExtensionHandshake_WriteThenRead_IsEqual() => Prop.ForAll<PositiveInt, NonNegativeInt, bool>((reqq, port, only) =>
    {
        var said = new ExtensionHandshake { Client = "Ünïcode 1.0", ReqQ = reqq.Get, ListenPort = port.Get % 65536, UploadOnly = only ? true : null, DontHaveId = (byte)port.Get };
        var to = new ArrayBufferWriter<byte>();
        said.Write(to);
        var reader = new SequenceReader<byte>(Payload(to.WrittenSpan.ToArray(), MessageId.Extended));
        return ExtendedMessage.TryRead(ref reader, out var head) && head.ExtendedId == 0 && ExtensionHandshake.TryRead(ref reader, out var read) && read == said;
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("d1:v7:a\u001b[31mbe", "a[31mb")] // an escape sequence for the terminal
    [InlineData("d1:v5:a\u202e1e", "a1")] // right-to-left override
    [InlineData("d4:reqqi-5e1:v1:xe", "x")]
    public void ExtensionHandshake_ClientName_IsPrintable(string payload, string client)
    {
        var reader = new SequenceReader<byte>(new(System.Text.Encoding.UTF8.GetBytes(payload)));
        Assert.True(ExtensionHandshake.TryRead(ref reader, out var said));
        Assert.Equal(client, said.Client);
        Assert.Null(said.ReqQ);
    }

    [Fact]
    public void ExtensionHandshake_Later_ChangesOnlyWhatItSays()
    {
        var first = new ExtensionHandshake { Client = "a", ReqQ = 10, DontHaveId = 7 };
        var changed = first.UpdatedBy(new() { UploadOnly = true, DontHaveId = 0 });
        Assert.Equal(new ExtensionHandshake { Client = "a", ReqQ = 10, DontHaveId = 0, UploadOnly = true }, changed);
    }

    private static bool RoundTrip<T>(T message, Func<T, Action<IBufferWriter<byte>>> write, TryRead<T> tryRead)
        where T : IEquatable<T>
    {
        var to = new ArrayBufferWriter<byte>();
        write(message)(to);
        var buffer = new ReadOnlySequence<byte>(to.WrittenMemory);
        if (FrameReader.Read(ref buffer, new(int.MaxValue), out var frame, out _) != FrameStatus.Message || !buffer.IsEmpty)
        {
            return false;
        }

        var reader = new SequenceReader<byte>(frame.Payload);
        return tryRead(ref reader, out var read) && read.Equals(message) && reader.End;
    }

    private static ReadOnlySequence<byte> Payload(byte[] bytes, MessageId id)
    {
        var buffer = new ReadOnlySequence<byte>(bytes);
        Assert.Equal(FrameStatus.Message, FrameReader.Read(ref buffer, new(10), out var frame, out _));
        Assert.Equal(id, frame.Id);
        return frame.Payload;
    }
}
