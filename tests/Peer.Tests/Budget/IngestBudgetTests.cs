using System.Buffers;
using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Peer.Tests;

/// <summary>
/// The ingest budget: at most 64 bytes allocated and 20 receives a MiB while a peer keeps the socket full. The sink does what
/// the engine does with a block: copies it and hashes it.
/// </summary>
[Collection(nameof(AloneCollection))]
public sealed class IngestBudgetTests(ITestOutputHelper output)
{
    private const int Mebibytes = 64;
    private const int WarmMebibytes = 8;
    private const int BlocksPerMebibyte = 64;
    private const int AllBlocks = (WarmMebibytes + Mebibytes) * BlocksPerMebibyte;

    [Fact]
    public async Task Receiving64MiB_AllocatesAtMost64BytesAMiB_InAtMost20ReceivesAMiB()
    {
        // The first connection pays once for code being compiled, and the pool's threads also run what is not ours. Both only
        // add, so the least of ten is what every MiB costs.
        var (allocated, receives) = (double.MaxValue, 0.0);
        for (var i = 0; i < 10 && allocated > 64; i++)
        {
            var run = await ReceiveAsync(allocatePerBlock: 0);
            output.WriteLine($"{run.AllocatedPerMebibyte:F1} B allocated and {run.ReceivesPerMebibyte:F1} receives a MiB over {Mebibytes} MiB");
            (allocated, receives) = (Math.Min(allocated, run.AllocatedPerMebibyte), Math.Max(receives, run.ReceivesPerMebibyte));
        }

        Assert.InRange(allocated, 0, 64);
        Assert.InRange(receives, 0, 20);
    }

    // The gate must see 8 bytes a block (24 with the object's head), or it sees nothing.
    [Fact]
    public async Task TheSameGate_SeesOneSmallAllocationABlock()
    {
        var (allocated, _) = await ReceiveAsync(allocatePerBlock: 8);

        Assert.True(allocated > 64, $"only {allocated} B a MiB seen");
    }

    private static async Task<(double AllocatedPerMebibyte, double ReceivesPerMebibyte)> ReceiveAsync(int allocatePerBlock)
    {
        var torrent = new PeerTorrent(new InfoHash(ScriptedPeer.V1, null), AllBlocks);
        var sink = new IngestSink(allocatePerBlock);
        await using var peer = await ScriptedPeer.DialledAsync(sink, torrent);

        // A thread of its own and blocking calls alone: the other end shall not allocate either.
        var sender = new Thread(() => Serve(peer.Socket, torrent.DialHash)) { IsBackground = true };
        sender.Start();
        await sink.Done.Task.WaitAsync(TestPatience.Long);
        sender.Join();
        return (sink.AllocatedBytes / (double)Mebibytes, sink.Receives / (double)Mebibytes);
    }

    // Answers every request in order, as fast as the socket takes it. Without the fast extension nothing but requests comes.
    private static void Serve(System.Net.Sockets.Socket socket, WireHash hash)
    {
        const int requestBytes = 17;
        var to = new ArrayBufferWriter<byte>(1 << 20);
        new Handshake(PeerFeatures.None, hash, default).Write(to);
        new SignalMessage(MessageId.Unchoke).Write(to);
        socket.Send(to.WrittenSpan);
        var block = new byte[PieceLayout.BlockSize];
        var received = new byte[65536];
        for (long bytes = -Handshake.Size, answered = 0; answered < AllBlocks;)
        {
            bytes += socket.Receive(received);
            to.ResetWrittenCount();
            while (answered < bytes / requestBytes)
            {
                new PieceMessage((int)answered++, 0, block.Length).Write(to);
                to.Write(block);
                if (to.WrittenCount > 512 * 1024)
                {
                    SendAll(socket, to);
                }
            }

            SendAll(socket, to);
        }
    }

    private static void SendAll(System.Net.Sockets.Socket socket, ArrayBufferWriter<byte> from)
    {
        for (var rest = from.WrittenSpan; !rest.IsEmpty;)
        {
            rest = rest[socket.Send(rest)..];
        }

        from.ResetWrittenCount();
    }

    /// <summary>
    /// Asks ahead, copies, hashes and counts. Allocations are those of the receiving thread from one call to the next, the loop's own
    /// work in between included; where the loop moves to another thread of the pool that one step is not seen.
    /// </summary>
    private sealed class IngestSink(int allocatePerBlock) : IPeerSink
    {
        private const int AskAhead = 1500;
        private readonly byte[] _copy = new byte[PieceLayout.BlockSize];
        private int _asked;
        private int _received;
        private int _thread;
        private long _threadBytes;
        private long _receivesBefore;
        private object? _kept;

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public long AllocatedBytes { get; private set; }

        public long Receives { get; private set; }

        public void Block(PeerConnection peer, int piece, int begin, in ReadOnlySequence<byte> payload)
        {
            payload.CopyTo(_copy);
            MerkleTree.Leaf(_copy);
            if (allocatePerBlock > 0)
            {
                _kept = new byte[allocatePerBlock];
            }

            Measure();
            _received++;
            if (_received == WarmMebibytes * BlocksPerMebibyte)
            {
                AllocatedBytes = 0;
                _receivesBefore = peer.ReceiveCalls;
            }
            else if (_received == AllBlocks)
            {
                Receives = peer.ReceiveCalls - _receivesBefore;
                GC.KeepAlive(_kept);
                Done.SetResult();
            }
        }

        private void Measure()
        {
            var bytes = GC.GetAllocatedBytesForCurrentThread();
            var thread = Environment.CurrentManagedThreadId;
            AllocatedBytes += thread == _thread ? bytes - _threadBytes : 0;
            (_thread, _threadBytes) = (thread, bytes);
        }

        public void BatchEnd(PeerConnection peer)
        {
            Measure();
            while (!peer.PeerChokes && _asked < _received + AskAhead && _asked < AllBlocks)
            {
                peer.RequestBlock(_asked++, 0, PieceLayout.BlockSize);
            }
        }

        public void Ready(PeerConnection peer)
        {
        }

        public void Described(PeerConnection peer)
        {
        }

        public void Has(PeerConnection peer, int firstPiece, int count)
        {
        }

        public void DontHave(PeerConnection peer, int piece)
        {
        }

        public void Choked(PeerConnection peer, bool requestsDropped)
        {
        }

        public void Unchoked(PeerConnection peer)
        {
        }

        public void AllowedFast(PeerConnection peer, int piece)
        {
        }

        public void BlockProgress(PeerConnection peer, int piece, int begin, int bytesSoFar)
        {
        }

        public void Rejected(PeerConnection peer, int piece, int begin, int length)
        {
        }

        public void Hashes(PeerConnection peer, in HashesMessage message)
        {
        }

        public void HashesRejected(PeerConnection peer, in HashRequestMessage request)
        {
        }

        public void Closed(PeerConnection peer, PeerClose reason) => Done.TrySetException(new InvalidOperationException($"closed early: {reason}"));
    }
}

/// <summary>Tests that measure: nothing else of this assembly runs beside them.</summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;
