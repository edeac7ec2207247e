using Swarm.Peer;
using Swarm.Protocol;

namespace Swarm.Engine.Tests;

/// <summary>Leeches that harm: what they cost is bounded, and nobody else notices.</summary>
public sealed class HostileLeechTests
{
    private const int Block = TestTorrent.Block;

    [Fact]
    public async Task RequestsWhileChoked_AreRejected_UpToALimit_ThenItIsClosed()
    {
        await using var rig = new UploadRig().Fill();
        await rig.HoldsAsync(4);
        var leech = await rig.LeechAsync();
        await leech.SendAsync(w =>
        {
            for (var i = 0; i < UploadSession.MaxRefusedPerRound; i++)
            {
                new RequestMessage(i % 4, 0, Block).Write(w);
            }
        });
        var rejects = 0;
        await leech.AllUntilAsync(m => (rejects += m.Id == MessageId.RejectRequest ? 1 : 0) == UploadSession.MaxRefusedPerRound);

        await leech.RequestAsync(0, 0, Block);

        Assert.True(await leech.IsClosedAsync());
    }

    [Fact]
    public async Task RefusalsOfAnEarlierRound_AreForgiven()
    {
        await using var rig = new UploadRig().Fill();
        await rig.HoldsAsync(4);
        var leech = await rig.LeechAsync();
        for (var round = 0; round < 3; round++)
        {
            var rejects = 0;
            await leech.SendAsync(w =>
            {
                for (var i = 0; i < UploadSession.MaxRefusedPerRound; i++)
                {
                    new RequestMessage(i % 4, 0, Block).Write(w);
                }
            });
            await leech.AllUntilAsync(m => (rejects += m.Id == MessageId.RejectRequest ? 1 : 0) == UploadSession.MaxRefusedPerRound);
            rig.Node.Time.Advance(TimeSpan.FromSeconds(10));
        }

        await leech.SignalAsync(MessageId.Interested);
        await leech.UntilAsync(MessageId.Unchoke);
    }

    [Fact]
    public async Task RequestsBeyondTheQueue_AreRejected_AndTheQueueIsServed()
    {
        await using var rig = new UploadRig(upLimit: 1).Fill();
        await rig.HoldsAsync(4);
        var leech = await rig.UnchokedAsync();
        const int beyond = 100;
        await leech.SendAsync(w =>
        {
            for (var i = 0; i <= PeerSettings.ServedRequests + beyond; i++)
            {
                new RequestMessage(0, i % 4 * Block, Block).Write(w);
            }
        });
        var (rejects, blocks) = (0, 0);
        bool Count((MessageId Id, byte[]) m, int until)
        {
            rejects += m.Id == MessageId.RejectRequest ? 1 : 0;
            blocks += m.Id == MessageId.Piece ? 1 : 0;
            return rejects + blocks == until;
        }

        // The limit lets one block go; it left the queue before, while, or after the others came.
        await leech.AllUntilAsync(m => Count(m, beyond + 1));
        Assert.InRange(rig.Sessions[0].Queued, PeerSettings.ServedRequests - 1, PeerSettings.ServedRequests);
        rig.Uploads.Set(ShareMode.Seed, null, null);
        await leech.AllUntilAsync(m => Count(m, PeerSettings.ServedRequests + beyond + 1));

        Assert.InRange(rejects, beyond, beyond + 1);
    }

    [Fact]
    public async Task HashRequestFlood_IsAnsweredToALimit_ThenRejected_ThenClosed()
    {
        await using var rig = new UploadRig().Fill();
        await rig.HoldsAsync(4);
        var leech = await rig.LeechAsync();
        var (answers, rejects) = (0, 0);
        for (var i = 0; i < 2 * UploadSession.MaxHashesPerRound; i++)
        {
            await leech.SendAsync(new HashRequestMessage(rig.Root, 0, 0, 16, 0).Write);
            await leech.AllUntilAsync(m =>
            {
                answers += m.Id == MessageId.Hashes ? 1 : 0;
                rejects += m.Id == MessageId.HashReject ? 1 : 0;
                return answers + rejects == i + 1;
            });
        }

        Assert.Equal((UploadSession.MaxHashesPerRound, UploadSession.MaxHashesPerRound), (answers, rejects));
        await leech.SendAsync(new HashRequestMessage(rig.Root, 0, 0, 16, 0).Write);
        Assert.True(await leech.IsClosedAsync());
    }

    [Fact]
    public async Task SlowReader_HoldsTwoBatchesAtMost_AndOthersAreServedMeanwhile()
    {
        await using var rig = new UploadRig(blocks: 512).Fill();
        await rig.HoldsAsync(128);
        var slow = await rig.UnchokedAsync(receiveBufferBytes: 16_384);
        await slow.SendAsync(w =>
        {
            for (var block = 0; block < PeerSettings.ServedRequests; block++)
            {
                new RequestMessage(block / 4, block % 4 * Block, Block).Write(w);
            }
        });
        await Until.True(() => rig.Sessions[0].Lent > 0 && rig.Sessions[0].Queued < PeerSettings.ServedRequests, "it is being served");

        var other = await rig.UnchokedAsync();
        for (var block = 0; block < 64; block++)
        {
            await other.RequestAsync(block / 4, block % 4 * Block, Block);
            Assert.Equal(rig.Expected(block / 4, block % 4 * Block, Block), (await other.BlockAsync()).Bytes);
        }

        Assert.InRange(rig.Sessions[0].Lent, 1, 2);
        Assert.InRange(rig.Uploads.BatchesOut, 1, 4);
    }

    [Fact]
    public async Task ReaderThatTakesNothing_IsClosedAfterAMinute_AndItsMemoryIsBack()
    {
        await using var rig = new UploadRig(blocks: 512).Fill();
        await rig.HoldsAsync(128);
        var slow = await rig.UnchokedAsync(receiveBufferBytes: 4_096);
        await slow.SendAsync(w =>
        {
            for (var block = 0; block < PeerSettings.ServedRequests; block++)
            {
                new RequestMessage(block / 4, block % 4 * Block, Block).Write(w);
            }
        });
        var session = rig.Sessions[0];
        long sent = -1;
        // Until the kernel takes no more: twice the same count with a batch on the way.
        await Until.True(() =>
        {
            Thread.Yield();
            var (before, now) = (sent, session.SentBytes);
            sent = now;
            return now == before && session.Lent > 0 && session.Queued < PeerSettings.ServedRequests;
        }, "it is stuck");

        for (var minutes = 0; minutes < 5 && rig.Swarm.Sessions.Count > 0; minutes++)
        {
            rig.Node.Time.Advance(TimeSpan.FromSeconds(61));
            await Task.Yield();
        }

        await Until.True(() => rig.Swarm.Sessions.Count == 0, "it is closed");
        await Until.True(() => rig.Uploads.BatchesOut == 0, "its batches are back");
    }

    [Fact]
    public async Task PeerThatMakesUsRejectAndReadsNothing_IsClosed()
    {
        await using var rig = new UploadRig().Fill();
        await rig.HoldsAsync(4);
        var leech = await rig.LeechAsync(receiveBufferBytes: 4_096);
        var flood = Task.Run(async () =>
        {
            try
            {
                while (true)
                {
                    await leech.SendAsync(w =>
                    {
                        for (var i = 0; i < 100; i++)
                        {
                            new RequestMessage(0, 0, Block).Write(w);
                        }
                    });
                }
            }
            catch (System.Net.Sockets.SocketException)
            {
                // Closed.
            }
        }, TestContext.Current.CancellationToken);

        await flood.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        await Until.True(() => rig.Swarm.Sessions.Count == 0, "it is closed");
    }

    [Fact]
    public async Task InterestFlipped_OverAndOver_CostsNothingThatStays()
    {
        await using var rig = new UploadRig().Fill();
        await rig.HoldsAsync(4);
        var leech = await rig.LeechAsync();
        for (var i = 0; i < 200; i++)
        {
            await leech.SignalAsync(MessageId.Interested);
            await leech.UntilAsync(MessageId.Unchoke);
            await leech.SignalAsync(MessageId.NotInterested);
            await leech.UntilAsync(MessageId.Choke);
        }

        Assert.Equal(0, rig.Uploads.Unchoked);
    }

    [Fact]
    public async Task ConnectionsThatComeAndGo_LeaveNoSessionSlotOrBatch()
    {
        await using var rig = new UploadRig().Fill();
        await rig.HoldsAsync(4);
        for (var i = 0; i < 30; i++)
        {
            var leech = await rig.UnchokedAsync();
            await leech.RequestAsync(0, 0, Block);
            await leech.RequestAsync(1, 0, Block);
            leech.Dispose();
        }

        await Until.True(() => rig.Swarm.Sessions.Count == 0 && rig.Uploads.Unchoked == 0 && rig.Uploads.BatchesOut == 0,
            () => $"{rig.Swarm.Sessions.Count} sessions, {rig.Uploads.Unchoked} slots, {rig.Uploads.BatchesOut} batches are left");
        Assert.Equal(0, rig.Swarm.HoldersOf(0));
    }

    [Fact]
    public async Task ManyAtOnce_EachInItsWay_MemoryStaysBounded_AndAnHonestLeechGetsEverything()
    {
        await using var rig = new UploadRig(blocks: 256).Fill();
        await rig.HoldsAsync(64);
        var honest = await rig.UnchokedAsync();
        Action<System.Buffers.IBufferWriter<byte>>[] floods =
        [
            w => Repeat(i => new RequestMessage(i % 64, 0, Block).Write(w)),
            w => Repeat(i => new RequestMessage(i % 64, 0, 1 << 24).Write(w)),
            w => Repeat(i => new RequestMessage(int.MaxValue - i, -i, Block).Write(w)),
            w => Repeat(i => new HashRequestMessage(rig.Root, 0, i % 4 * 64, 64, 4).Write(w)),
            w => Repeat(i => new HashRequestMessage(default, i, i, 512, 9).Write(w)),
            w => Repeat(i => new SignalMessage(i % 2 == 0 ? MessageId.Interested : MessageId.NotInterested).Write(w)),
            w => Repeat(i => new HaveMessage(i % 64).Write(w)),
        ];
        var attacks = new List<Task>();
        for (var i = 0; i < 3 * floods.Length; i++)
        {
            var leech = await rig.LeechAsync(receiveBufferBytes: 4_096); // and none of them reads
            attacks.Add(FloodAsync(leech, floods[i % floods.Length]));
        }

        for (var block = 0; block < 256; block++)
        {
            var length = Math.Min(Block, rig.Bytes.Length - (block * Block));
            await honest.RequestAsync(block / 4, block % 4 * Block, length);
            Assert.Equal(rig.Expected(block / 4, block % 4 * Block, length), (await honest.BlockAsync()).Bytes);
            Assert.All(rig.Swarm.Sessions, s => Assert.InRange(s.Queued, 0, PeerSettings.ServedRequests));
        }

        // Two lent to each connection with a slot at most, of 256 KiB; the pool ends at 64.
        Assert.InRange(rig.Uploads.MostBatches, 1, 64);
        await Task.WhenAll(attacks).WaitAsync(TimeSpan.FromSeconds(120), TestContext.Current.CancellationToken);

        static void Repeat(Action<int> write)
        {
            for (var i = 0; i < 100; i++)
            {
                write(i);
            }
        }
    }

    /// <summary>Writes until it is closed, or nobody takes more for its own unread answers.</summary>
    private static async Task FloodAsync(RawLeech leech, Action<System.Buffers.IBufferWriter<byte>> write)
    {
        using var enough = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            for (var round = 0; round < 300; round++)
            {
                await leech.SendAsync(write).WaitAsync(TimeSpan.FromSeconds(5), enough.Token);
            }
        }
        catch (Exception e) when (e is System.Net.Sockets.SocketException or TimeoutException or OperationCanceledException)
        {
            // Closed, or stuck: back-pressure is an answer too.
        }
    }
}
