using System.Buffers;
using Swarm.Protocol;

namespace Swarm.Peer.Tests;

/// <summary>Random and mutated bytes against the readers and against a live connection: no exception, no overrun, a clean end.</summary>
public sealed class FuzzTests
{
    private static readonly WireLimits Limits = new(PieceCount: 10);
    private static readonly byte[] Corpus = [.. GoldenFile.Read("messages.txt").SelectMany(c => c.Bytes)];

    [Fact]
    public void FrameReader_MutatedStreams_NeverReadsPastTheEnd_SameInAnySegmentation()
    {
        for (var seed = 0; seed < 20_000; seed++)
        {
            var bytes = Mutated(seed, Corpus);
            var whole = Walk(new(bytes));
            var cut = Walk(Segments.Of(bytes, 1 + (seed % 17)));
            Assert.True(whole == cut, $"seed {seed}: {whole} and {cut}");
            Assert.InRange(whole.Consumed, 0, bytes.Length);
        }
    }

    [Fact]
    public void Handshake_MutatedBytes_ReadOrRefuse()
    {
        var to = new ArrayBufferWriter<byte>();
        new Handshake(ScriptedPeer.Modern, new(1, 2, 3), new(4, 5, 6)).Write(to);
        for (var seed = 0; seed < 20_000; seed++)
        {
            var bytes = Mutated(seed, to.WrittenSpan.ToArray());
            var reader = new SequenceReader<byte>(Segments.Of(bytes, 1 + (seed % 7)));
            var ok = Handshake.TryRead(ref reader, out var handshake);
            Assert.True(ok == (bytes.Length >= Handshake.Size && bytes.AsSpan().StartsWith(Handshake.Prologue)), $"seed {seed}");
            if (ok)
            {
                var again = new ArrayBufferWriter<byte>();
                handshake.Write(again);
                Assert.True(again.WrittenSpan.SequenceEqual(bytes.AsSpan(0, Handshake.Size)), $"seed {seed}");
            }
        }
    }

    [Fact]
    public async Task Connection_MutatedStreams_EndsCleanly_NeverByABugOfOurs()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var sink = new RecordingSink();
            await using var peer = await ScriptedPeer.ConnectedAsync(sink, ScriptedPeer.Hybrid);
            try
            {
                await peer.SendAsync(Mutated(seed, Corpus));
                peer.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
            }
            catch (System.Net.Sockets.SocketException)
            {
                // It closed before everything was sent.
            }

            await sink.Until(() => sink.CloseReason is not null, "the end");
            var reason = sink.CloseReason!.Value;
            Assert.True(reason.Kind is PeerCloseKind.Protocol or PeerCloseKind.RemoteClosed, $"seed {seed}: {reason}");
        }
    }

    private static (int Frames, long Consumed, WireError Error) Walk(ReadOnlySequence<byte> bytes)
    {
        var length = bytes.Length;
        for (var frames = 0; ; frames++)
        {
            var status = FrameReader.Read(ref bytes, Limits, out var frame, out var error);
            if (status is FrameStatus.NeedMore or FrameStatus.Error)
            {
                FrameReader.TryPeekPiece(bytes, out _, out var received);
                Assert.InRange(received, 0, bytes.Length);
                return (frames, length - bytes.Length, error);
            }

            if (status == FrameStatus.Message)
            {
                ReadAll(frame);
            }
        }
    }

    // Every reader gets every payload: whether it fits is its own business.
    private static void ReadAll(Frame frame)
    {
        SequenceReader<byte> New() => new(frame.Payload);
        var reader = New();
        HaveMessage.TryRead(ref reader, out _);
        reader = New();
        RequestMessage.TryRead(ref reader, out _);
        reader = New();
        PieceMessage.TryRead(ref reader, out _);
        reader = New();
        DontHaveMessage.TryRead(ref reader, out _);
        reader = New();
        HashRequestMessage.TryRead(ref reader, out _);
        reader = New();
        if (HashesMessage.TryRead(ref reader, out var hashes))
        {
            hashes.CopyTo(0, new Core.Hash256[hashes.Count]);
        }

        reader = New();
        if (BitfieldMessage.TryRead(ref reader, (int)frame.Payload.Length * 8, out var bitfield))
        {
            for (var from = 0; bitfield.TryNextRun(from, out var first, out var count); from = first + count)
            {
                Assert.InRange(first + count, from + 1, bitfield.PieceCount);
            }
        }

        reader = New();
        ExtensionHandshake.TryRead(ref reader, out _);
    }

    private static byte[] Mutated(int seed, byte[] corpus)
    {
        var random = new Random(seed);
        var bytes = corpus.AsSpan(random.Next(8) == 0 ? random.Next(corpus.Length) : 0).ToArray();
        for (var i = random.Next(1, 6); i > 0; i--)
        {
            var at = random.Next(bytes.Length);
            switch (random.Next(4))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2 when bytes.Length > 2:
                    bytes = [.. bytes[..at], .. bytes[(at + 1)..]];
                    break;
                default:
                    bytes = [.. bytes[..at], (byte)random.Next(256), .. bytes[at..]];
                    break;
            }
        }

        return bytes;
    }
}
