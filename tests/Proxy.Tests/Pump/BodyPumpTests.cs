using System.Buffers;
using Swarm.Proxy.Pump;
using Swarm.Proxy.Tests.Harness;
using Swarm.Testing;

namespace Swarm.Proxy.Tests.Pump;

/// <summary>The pump against a client that reads only when told.</summary>
public sealed class BodyPumpTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private static byte[] Bytes(int count) => [.. Enumerable.Range(0, count).Select(i => (byte)(i * 7 >> 2))];

    [Fact]
    public async Task Copy_WholeBody_ReachesClientInOrder()
    {
        using var exchange = new PipeExchange();
        var body = Bytes(200_000);

        var pump = BodyPump.CopyAsync(new MemoryStream(body), exchange.Context, new StallRule(Hour, TimeProvider.System)).AsTask();
        var received = new MemoryStream();
        while (received.Length < body.Length)
        {
            await ReadSomeAsync(exchange, received);
        }

        Assert.Equal(new PumpResult(body.Length, PumpEnd.Complete), await pump);
        Assert.True(body.AsSpan().SequenceEqual(received.ToArray()));
    }

    [Fact]
    public async Task Copy_ClientPausesLessThanTheLimitEachTime_LivesForDays()
    {
        var time = new FakeTime();
        using var exchange = new PipeExchange();
        var body = Bytes(1 << 20);
        var pump = BodyPump.CopyAsync(new MemoryStream(body), exchange.Context, new StallRule(Hour, time)).AsTask();

        var received = new MemoryStream();
        await ReadSomeAsync(exchange, received);
        while (received.Length < body.Length)
        {
            var next = await exchange.Client.ReadAsync(TestContext.Current.CancellationToken); // new bytes: the write before them no longer waits
            exchange.Client.AdvanceTo(next.Buffer.Start);
            time.Advance(Hour - TimeSpan.FromSeconds(1));
            Assert.False(exchange.IsAborted);
            await ReadSomeAsync(exchange, received);
        }

        Assert.True((await pump).IsComplete);
    }

    [Fact]
    public async Task Copy_ClientTakesNothingForLongerThanTheLimit_IsReset()
    {
        var time = new FakeTime();
        using var exchange = new PipeExchange();
        var pump = BodyPump.CopyAsync(new MemoryStream(Bytes(1 << 20)), exchange.Context, new StallRule(Hour, time)).AsTask();

        await Eventually.IsTrueAsync(
            () =>
            {
                time.Advance(Hour);
                return exchange.IsAborted;
            },
            "reset of a client that takes nothing");

        Assert.Equal(PumpEnd.ClientGone, (await pump).End);
    }

    [Fact]
    public async Task Copy_SourceBreaks_ResetsTheClient()
    {
        using var exchange = new PipeExchange();

        var result = await BodyPump.CopyAsync(new Breaking(Bytes(1000)), exchange.Context, new StallRule(Hour, TimeProvider.System));

        Assert.Equal(new PumpResult(1000, PumpEnd.SourceFailed), result);
        Assert.True(exchange.IsAborted);
    }

    [Fact]
    public async Task TryCopy_SourceBreaks_LeavesTheResponseForAnotherSource()
    {
        using var exchange = new PipeExchange();
        var stall = new StallRule(Hour, TimeProvider.System);

        var first = await BodyPump.TryCopyAsync(new Breaking(Bytes(1000)), exchange.Context, stall);
        var second = await BodyPump.TryCopyAsync(new MemoryStream(Bytes(500)), exchange.Context, stall);

        Assert.Equal(new PumpResult(1000, PumpEnd.SourceFailed), first);
        Assert.Equal(new PumpResult(500, PumpEnd.Complete), second);
        Assert.False(exchange.IsAborted);
    }

    private static async Task ReadSomeAsync(PipeExchange exchange, MemoryStream into)
    {
        var read = await exchange.Client.ReadAsync(TestContext.Current.CancellationToken);
        into.Write(read.Buffer.ToArray());
        exchange.Client.AdvanceTo(read.Buffer.End);
    }

    /// <summary>Gives its bytes, then fails as a torn connection does.</summary>
    private sealed class Breaking(byte[] bytes) : MemoryStream(bytes)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await base.ReadAsync(buffer, cancellationToken);
            return count > 0 || buffer.IsEmpty ? count : throw new IOException("torn");
        }
    }
}
