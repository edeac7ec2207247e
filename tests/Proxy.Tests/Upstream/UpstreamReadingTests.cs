using System.Net;
using System.Text;
using Swarm.Engine.Targets;
using Swarm.Proxy.Upstream;

namespace Swarm.Proxy.Tests.Upstream;

/// <summary>Proxy URLs, NO_PROXY lists and variables, as people write them.</summary>
public sealed class UpstreamReadingTests
{
    [Theory]
    [InlineData("http://proxy.example:3128", "http://proxy.example:3128", null)]
    [InlineData("proxy.example:3128/", "http://proxy.example:3128", null)]
    [InlineData("HTTPS://proxy.example", "https://proxy.example:443", null)]
    [InlineData("http://proxy.example", "http://proxy.example:80", null)]
    [InlineData("http://[2001:db8::1]:8080", "http://[2001:db8::1]:8080", null)]
    [InlineData("http://me:p%40ss%3Aword@proxy.example:3128", "http://proxy.example:3128", "me:p@ss:word")]
    [InlineData("http://me@proxy.example:3128", "http://proxy.example:3128", "me:")]
    public void Proxy_AsWritten_IsUnderstood(string text, string shown, string? user)
    {
        Assert.True(UpstreamProxy.TryParse(text, out var proxy));

        Assert.Equal(shown, proxy.ToString());
        Assert.Equal(user is null ? null : "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(user)), proxy.Authorization);
        Assert.DoesNotContain("p%40ss", UpstreamProxy.Shown(text), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("socks5://proxy.example:1080")]
    [InlineData("http://")]
    [InlineData("http://proxy.example:0")]
    [InlineData("http://proxy.example:3128/path")]
    [InlineData("http://a%0d%0ab@proxy.example:3128")]
    [InlineData("http://0x7f.1:3128")]
    public void Proxy_ThatIsNone_IsRefused(string text) => Assert.False(UpstreamProxy.TryParse(text, out _));

    [Theory]
    [InlineData("*", "any.example", 443, true)]
    [InlineData("example.org", "example.org", 443, true)]
    [InlineData("example.org", "www.example.org", 443, true)]
    [InlineData(".example.org", "www.example.org", 443, true)]
    [InlineData("*.example.org", "www.example.org", 443, true)]
    [InlineData("example.org", "notexample.org", 443, false)]
    [InlineData("EXAMPLE.ORG", "example.org", 443, true)]
    [InlineData("a.example, b.example\tc.example", "c.example", 80, true)]
    [InlineData("example.org:8443", "example.org", 8443, true)]
    [InlineData("example.org:8443", "example.org", 443, false)]
    [InlineData("10.0.0.0/8", "10.1.2.3", 80, true)]
    [InlineData("10.0.0.0/8", "11.1.2.3", 80, false)]
    [InlineData("192.0.2.7", "192.0.2.7", 80, true)]
    [InlineData("192.0.2.7", "::ffff:192.0.2.7", 80, true)]
    [InlineData("2001:db8::/32", "2001:db8::1", 80, true)]
    [InlineData("[2001:db8::1]:80", "2001:db8::1", 80, true)]
    [InlineData("", "127.0.0.1", 80, true)]
    [InlineData("", "::1", 80, true)]
    [InlineData("", "localhost", 80, true)]
    [InlineData("", "a.localhost", 80, true)]
    [InlineData("://,%%,;", "example.org", 80, false)]
    public void Bypass_CoversWhatOtherToolsTakeItFor(string list, string host, int port, bool covered)
    {
        Assert.True(TargetHost.TryParse(host, out var target));
        Assert.Equal(covered, new UpstreamBypass(list).Covers(target, port));
    }

    [Theory]
    [InlineData("http_proxy=http://a:1", "http://a:1", null)]
    [InlineData("https_proxy=http://a:1", null, "http://a:1")]
    [InlineData("HTTP_PROXY=http://a:1 http_proxy=http://b:2", "http://b:2", null)]
    [InlineData("ALL_PROXY=http://a:1 https_proxy=http://b:2", "http://a:1", "http://b:2")]
    [InlineData("http_proxy=http://127.0.0.1:7976 https_proxy=http://localhost:7976", null, null)]
    [InlineData("http_proxy=http://127.0.0.1:3128", "http://127.0.0.1:3128", null)]
    [InlineData("all_proxy=socks5://a:1", null, null)]
    public void Environment_IsReadAsByOtherTools_ButNeverLeadsBackHere(string variables, string? http, string? https)
    {
        var set = variables.Split(' ').Select(v => v.Split('=', 2)).ToDictionary(v => v[0], v => v[1]);
        var said = new List<string>();

        var choice = UpstreamChoice.FromEnvironment(set.GetValueOrDefault, new IPEndPoint(IPAddress.Loopback, 7976), said.Add);

        Assert.Equal((http, https), (choice?.ForHttp?.ToString(), choice?.ForHttps?.ToString()));
        Assert.Equal(variables.Contains("socks", StringComparison.Ordinal), said.Count > 0);
    }

    [Theory]
    [InlineData("no_proxy= NO_PROXY=direct.example", true)]
    [InlineData("no_proxy=other.example NO_PROXY=direct.example", false)]
    public void Exceptions_OfABlankVariable_AreThoseOfItsOtherForm(string variables, bool covered)
    {
        var set = variables.Split(' ').Select(v => v.Split('=', 2)).ToDictionary(v => v[0], v => v[1]);
        Assert.True(TargetHost.TryParse("direct.example", out var target));

        Assert.Equal(covered, UpstreamChoice.BypassOf(set.GetValueOrDefault).Covers(target, 80));
    }

    [Fact]
    public void Settings_FlagOverVariables_NoneOverBoth()
    {
        using var cli = new CliHarness();
        cli.Variables["https_proxy"] = "http://env.example:1";
        cli.Variables["NO_PROXY"] = "direct.example";

        var found = CliSettingsTests.Load(cli);
        var given = CliSettingsTests.Load(cli, ("upstream-proxy", ["http://me:secret@flag.example:2"]));
        var none = CliSettingsTests.Load(cli, ("upstream-proxy", ["none"]));

        Assert.Equal("env.example:1", found.Settings.Upstream?.ForHttps?.Authority);
        Assert.Contains("http://env.example:1", Assert.Single(found.Hints), StringComparison.Ordinal);
        Assert.Equal("flag.example:2", given.Settings.Upstream?.For(isPlainHttp: true, "example.org", 80)?.Authority);
        Assert.Null(given.Settings.Upstream?.For(isPlainHttp: true, "direct.example", 80));
        Assert.Null(none.Settings.Upstream);
    }

    [Fact]
    public async Task ConfigShow_NeverPrintsThePassword()
    {
        using var cli = new CliHarness();

        Assert.Equal(0, await cli.RunAsync("config", "show", "--upstream-proxy", "http://me:secret@flag.example:2"));

        Assert.Contains("http://flag.example:2 (with credentials)", cli.Out.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", cli.Out.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Transparent_WithPasswords_IsRefused()
    {
        using var cli = new CliHarness();

        Assert.Contains("cannot be asked for a password", CliSettingsTests.Load(cli, ("transparent", ["true"]), ("proxy-auth", ["users"])).Problem, StringComparison.Ordinal);
    }
}
