using Swarm.Proxy.Tests.Harness;

namespace Swarm.Proxy.Tests.Pump;

/// <summary>A client that does not read, or leaves, must reach the origin: nothing is read ahead and nothing is drained.</summary>
public sealed class BackpressureTests
{
    private const int SmallBufferBytes = 32 * 1024;
    private const long BodyBytes = 100L << 20;

    [Fact]
    public async Task Get_ClientDoesNotReadThenAborts_OriginWritesNoMoreThanAMegabyte()
    {
        var written = 0L;
        var broken = new TaskCompletionSource();
        await using var origin = Endless(bytes => Interlocked.Add(ref written, bytes), broken);
        await using var front = await TestFront.StartAsync();
        var client = await front.ConnectAsync(SmallBufferBytes);
        await client.SendAsync($"GET {origin.Url}/ HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
        await client.ReadHeadAsync();
        await client.ReadBytesAsync(1 << 20);

        var before = await StandstillAsync(() => Interlocked.Read(ref written));
        client.Reset();
        await broken.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        var after = Interlocked.Read(ref written);

        Assert.InRange(before, 1 << 20, 64 << 20); // what the kernel buffers (tcp_rmem), not the body
        Assert.InRange(after - before, 0, 1 << 20);
    }

    [Fact]
    public async Task Get_ClientPausesForEightSeconds_GoesOnToTheEnd()
    {
        const int total = 24 << 20;
        await using var origin = RawOrigin.Start(async s =>
        {
            await s.ReadHeadAsync();
            await s.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Length: {total}\r\n\r\n");
            await s.WriteAsync(new byte[total]);
        });
        await using var front = await TestFront.StartAsync();
        using var client = await front.ConnectAsync(SmallBufferBytes);
        await client.SendAsync($"GET {origin.Url}/ HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
        await client.ReadHeadAsync();
        await client.ReadBytesAsync(1 << 20);

        // Real time: the clock of the rates under test is the server's own.
        using var pause = new PeriodicTimer(TimeSpan.FromSeconds(8));
        await pause.WaitForNextTickAsync(TestContext.Current.CancellationToken);

        Assert.Equal(total - (1 << 20), (await client.ReadBytesAsync(total - (1 << 20))).Length);
    }

    /// <summary>An origin that writes for as long as someone takes it.</summary>
    private static RawOrigin Endless(Action<int> onWritten, TaskCompletionSource broken) => RawOrigin.Start(
        async s =>
        {
            await s.ReadHeadAsync();
            await s.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Length: {BodyBytes}\r\n\r\n");
            var block = new byte[16 * 1024];
            try
            {
                for (var sent = 0L; sent < BodyBytes; sent += block.Length)
                {
                    await s.WriteAsync(block);
                    onWritten(block.Length);
                }
            }
            finally
            {
                broken.SetResult();
            }
        },
        sendBufferBytes: SmallBufferBytes);

    /// <summary>The value once it has stayed the same for a second.</summary>
    private static async Task<long> StandstillAsync(Func<long> value)
    {
        using var second = new PeriodicTimer(TimeSpan.FromSeconds(1));
        var last = -1L;
        while (value() is var now && now != last)
        {
            last = now;
            await second.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }

        return last;
    }
}
