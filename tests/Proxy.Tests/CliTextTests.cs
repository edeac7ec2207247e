using System.Globalization;
using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Swarm.Proxy.Cli;

namespace Swarm.Proxy.Tests;

/// <summary>Sizes, rates, addresses and folders as texts.</summary>
public sealed class CliTextTests
{
    [Theory]
    [InlineData("0", 0L)]
    [InlineData("4096", 4096L)]
    [InlineData("1B", 1L)]
    [InlineData("500M", 500_000_000L)]
    [InlineData("500MB", 500_000_000L)]
    [InlineData("10GiB", 10L << 30)]
    [InlineData("10 GiB", 10L << 30)]
    [InlineData("1.5KiB", 1536L)]
    [InlineData("2Ti", 2L << 40)]
    [InlineData("8k", 8000L)]
    public void Size_IsBytes(string text, long bytes)
    {
        Assert.True(SizeText.TryParseSize(text, out var parsed));
        Assert.Equal(bytes, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("GiB")]
    [InlineData("1GiBs")]
    [InlineData("1Mbit")]
    [InlineData("1e9")]
    [InlineData("1,5M")]
    [InlineData("99999999999999999999")]
    [InlineData("9999999PiB")]
    [InlineData("1..2")]
    public void Size_Nonsense_IsRefused(string text) => Assert.False(SizeText.TryParseSize(text, out _));

    [Theory]
    [InlineData("4Mbit/s", 500_000L)]
    [InlineData("4Mbit", 500_000L)]
    [InlineData("4Mbps", 500_000L)]
    [InlineData("1.5MiB/s", 1_572_864L)]
    [InlineData("100", 100L)]
    public void Rate_IsBytesPerSecond(string text, long bytesPerSecond)
    {
        Assert.True(SizeText.TryParseRate(text, out var parsed));
        Assert.Equal(bytesPerSecond, parsed);
    }

    [Theory]
    [InlineData("127.0.0.1:7976", "127.0.0.1", 7976)]
    [InlineData("localhost:0", "127.0.0.1", 0)]
    [InlineData("[::1]:65535", "::1", 65535)]
    [InlineData("[::]:0", "::", 0)]
    public void Listen_TakesAddressesWithPorts(string text, string address, int port)
    {
        Assert.True(EndpointText.TryParseListen(text, out var endpoint));
        Assert.Equal(new IPEndPoint(IPAddress.Parse(address), port), endpoint);
    }

    [Theory]
    [InlineData("")]
    [InlineData(":80")]
    [InlineData("80")]
    [InlineData("127.0.0.1")]
    [InlineData("127.1:80")]
    [InlineData("2130706433:80")]
    [InlineData("::1:80")]
    [InlineData("[::1]")]
    [InlineData("[127.0.0.1]:80")]
    [InlineData("[]:80")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("127.0.0.1:-1")]
    [InlineData("127.0.0.1: 80")]
    [InlineData("example.org:80")]
    public void Listen_Nonsense_IsRefused(string text) => Assert.False(EndpointText.TryParseListen(text, out _));

    [Fact]
    public void Listen_EveryEndPoint_ReadsBackAsItself() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), ArbMap.Default.ArbFor<ushort>(), (bytes, port) =>
        {
            var sixteen = new byte[16];
            bytes.AsSpan(0, Math.Min(16, bytes.Length)).CopyTo(sixteen);
            return new[] { new IPAddress(sixteen), new IPAddress(sixteen.AsSpan(0, 4)) }.All(address =>
            {
                var endpoint = new IPEndPoint(address, port);
                return EndpointText.TryParseListen(endpoint.ToString(), out var read) && read.Equals(endpoint);
            });
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Texts_AnyInput_IsReadOrRefused() =>
        Prop.ForAll(ArbMap.Default.ArbFor<string>(), text =>
        {
            text ??= "";
            return (!SizeText.TryParseSize(text, out var size) || size >= 0)
                && (!SizeText.TryParseRate(text, out var rate) || rate >= 0)
                && (!EndpointText.TryParseListen(text, out var listen) || listen is not null)
                && (!EndpointText.TryParseDial(text, out var dial) || dial.Port > 0)
                && (!HostText.IsHost(text) || text.Length > 0);
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("peer.example:51413", "peer.example", 51413)]
    [InlineData("192.0.2.7:1", "192.0.2.7", 1)]
    [InlineData("[2001:db8::7]:6881", "2001:db8::7", 6881)]
    public void Dial_TakesHostsAndAddresses(string text, string host, int port)
    {
        Assert.True(EndpointText.TryParseDial(text, out var endpoint));
        Assert.Equal((host, port), (endpoint.Host, endpoint.Port));
    }

    [Theory]
    [InlineData("peer.example:0")]
    [InlineData("peer example:1")]
    [InlineData("-x.example:1")]
    [InlineData("[fe80::1:1")]
    public void Dial_Nonsense_IsRefused(string text) => Assert.False(EndpointText.TryParseDial(text, out _));

    [Fact]
    public void Paths_AreXdg_UnlessSystemdOrDataSaysOtherwise()
    {
        var plain = Paths(("HOME", "/home/u"));
        Assert.Equal(new NodePaths("/home/u/.cache/swarmstream", "/home/u/.local/state/swarmstream", "/home/u/.config/swarmstream", "/home/u/.local/state/swarmstream"), plain);

        var xdg = Paths(("HOME", "/home/u"), ("XDG_CACHE_HOME", "/c"), ("XDG_STATE_HOME", "relative"), ("XDG_RUNTIME_DIR", "/run/user/7"));
        Assert.Equal(new NodePaths("/c/swarmstream", "/home/u/.local/state/swarmstream", "/home/u/.config/swarmstream", "/run/user/7/swarmstream"), xdg);

        var systemd = Paths(("HOME", "/home/u"), ("CACHE_DIRECTORY", "/var/cache/swarmstream:/other"), ("STATE_DIRECTORY", "/var/lib/swarmstream"), ("RUNTIME_DIRECTORY", "/run/swarmstream"), ("CONFIGURATION_DIRECTORY", "/etc/swarmstream"));
        Assert.Equal(new NodePaths("/var/cache/swarmstream", "/var/lib/swarmstream", "/etc/swarmstream", "/run/swarmstream"), systemd);

        var data = NodePaths.Of(Of(("HOME", "/home/u"), ("CACHE_DIRECTORY", "/var/cache/swarmstream")), "/srv/d");
        Assert.Equal(new NodePaths("/srv/d", "/srv/d/state", "/home/u/.config/swarmstream", "/srv/d/state"), data);
    }

    private static NodePaths Paths(params (string Name, string Value)[] variables) => NodePaths.Of(Of(variables));

    private static Surroundings Of(params (string Name, string Value)[] variables) => new(
        variables.ToDictionary(variable => variable.Name, variable => variable.Value), "/", new StringWriter(CultureInfo.InvariantCulture), new StringWriter(CultureInfo.InvariantCulture));
}
