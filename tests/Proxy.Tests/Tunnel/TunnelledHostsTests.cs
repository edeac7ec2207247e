using System.Net;
using Swarm.Proxy.Control;
using Swarm.Proxy.Tests.Harness;
using Swarm.Proxy.Tunnel;
using Swarm.Testing;

namespace Swarm.Proxy.Tests.Tunnel;

/// <summary>Whose https passed unread: what people are told of it.</summary>
public sealed class TunnelledHostsTests : IAsyncLifetime
{
    private const int Big = 1 << 20; // the least that a swarm takes up

    /// <summary>Ten times what a loaded machine takes for a tunnel.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    private readonly FakeTime _time = new();
    private readonly TunnelledHosts _hosts;
    private readonly RawOrigin _origin;
    private TestFront _front = null!;

    public TunnelledHostsTests()
    {
        _hosts = new(_time);
        // Sends as many bytes as it is told, and ends when the client does.
        _origin = RawOrigin.Start(async s =>
        {
            await s.WriteAsync(new byte[int.Parse(await s.ReadTextAsync(8), System.Globalization.CultureInfo.InvariantCulture)]);
            await s.DrainAsync();
        });
    }

    public async ValueTask InitializeAsync() => _front = await TestFront.StartAsync(new()
    {
        ConnectPorts = new HashSet<int> { _origin.Port }, Tunnelled = _hosts, Resolve = static (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]),
    });

    public async ValueTask DisposeAsync()
    {
        await _front.DisposeAsync();
        await _origin.DisposeAsync();
    }

    [Fact]
    public async Task Tunnel_OfAMegabyte_IsToldWhileItIsOpenAndAfterwards()
    {
        using (await TunnelAsync("films.example", Big))
        {
            Tells(new TunnelView("films.example", Big, 1));
        }

        Tells(new TunnelView("films.example", Big, 0));
    }

    [Fact]
    public async Task Tunnels_OfOneHost_CountTogether()
    {
        using var first = await TunnelAsync("films.example", Big / 2);
        Assert.Empty(_hosts.Big());
        using var second = await TunnelAsync("FILMS.example.", Big / 2);
        Tells(new TunnelView("films.example", Big, 2));
    }

    [Fact]
    public async Task Tunnel_OfLess_IsNot_NorItsHostRemembered()
    {
        (await TunnelAsync("small.example", Big - 1)).Dispose();
        (await TunnelAsync("films.example", Big)).Dispose();
        Tells(new TunnelView("films.example", Big, 0));
        using var another = await TunnelAsync("small.example", 1);
        using var last = await TunnelAsync("last.example", Big + 1);
        Tells(new TunnelView("last.example", Big + 1, 1), new TunnelView("films.example", Big, 0));
    }

    [Fact]
    public async Task Tunnel_ThatEndedLongAgo_IsForgotten_AndOneThatIsOpenIsNot()
    {
        (await TunnelAsync("ended.example", Big)).Dispose();
        Tells(new TunnelView("ended.example", Big, 0));
        using var open = await TunnelAsync("open.example", Big + 1);
        _time.Advance(TimeSpan.FromMinutes(9));
        Tells(new TunnelView("open.example", Big + 1, 1), new TunnelView("ended.example", Big, 0));
        _time.Advance(TimeSpan.FromMinutes(2));
        Tells(new TunnelView("open.example", Big + 1, 1));
    }

    [Fact]
    public async Task Tunnels_ThatEndedLongAgo_DoNotCount_ThoughTheirHostHasOneOpen()
    {
        using var open = await TunnelAsync("films.example", 1);
        (await TunnelAsync("films.example", Big)).Dispose();
        Tells(new TunnelView("films.example", Big + 1, 1));
        _time.Advance(TimeSpan.FromMinutes(11));
        Assert.Empty(_hosts.Big());
    }

    [Fact]
    public async Task Tunnels_OfFortyHostsAtOnce_TheMostAreTold()
    {
        var open = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => TunnelAsync($"h{i}.example", Big + i)));
        Tells([.. Enumerable.Range(8, 32).Reverse().Select(i => new TunnelView($"h{i}.example", Big + i, 1))]);
        Array.ForEach(open, static client => client.Dispose());
    }

    [Fact]
    public async Task Tunnels_OfFortyHosts_ThoseThatEndedLastAreKept()
    {
        for (var i = 0; i < 40; i++)
        {
            (await TunnelAsync($"h{i}.example", Big)).Dispose();
            Assert.True(SpinWait.SpinUntil(() => _hosts.Big().Any(t => t.Host == $"h{i}.example" && t.Open == 0), Patience));
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        (await TunnelAsync("small.example", 1)).Dispose();
        await _front.DisposeAsync(); // every tunnel has ended
        Assert.Equal(Enumerable.Range(8, 32).Select(i => $"h{i}.example").Order(), _hosts.Big().Select(t => t.Host).Order());
    }

    /// <summary>A tunnel through which so much has come.</summary>
    private async Task<RawClient> TunnelAsync(string host, int bytes)
    {
        var client = await _front.ConnectAsync();
        await client.SendAsync($"CONNECT {host}:{_origin.Port} HTTP/1.1\r\n\r\n{bytes:D8}");
        Assert.Equal(200, (await client.ReadHeadAsync()).Status);
        await client.ReadBytesAsync(bytes);
        return client;
    }

    /// <summary>What came is counted a moment after it came.</summary>
    private void Tells(params TunnelView[] expected) => Assert.True(SpinWait.SpinUntil(() => _hosts.Big().SequenceEqual(expected), Patience), string.Join(", ", _hosts.Big()));
}
