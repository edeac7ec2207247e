using Swarm.Proxy.Cli;

namespace Swarm.Proxy.Tests.Exec;

/// <summary>Which variables a command behind the proxy gets.</summary>
public sealed class ExecEnvironmentTests
{
    private static readonly Dictionary<string, string> Nothing = [];

    [Fact]
    public void Proxy_IsSetInBothCases()
    {
        var variables = ExecEnvironment.Of(Nothing, "http://127.0.0.1:7976", ExecEnvironment.PrivateNames, null);

        foreach (var name in new[] { "http_proxy", "https_proxy", "all_proxy" })
        {
            Assert.Equal("http://127.0.0.1:7976", variables[name]);
            Assert.Equal("http://127.0.0.1:7976", variables[name.ToUpperInvariant()]);
        }
    }

    [Fact]
    public void NoProxy_HasThePrivateNamesAndTheUsersOwn()
    {
        var variables = ExecEnvironment.Of(
            new Dictionary<string, string> { ["NO_PROXY"] = "intranet.example, localhost", ["no_proxy"] = "nas.example" }, "http://p:1", ExecEnvironment.PrivateNames, null);

        Assert.Equal(variables["NO_PROXY"], variables["no_proxy"]);
        var names = variables["NO_PROXY"].Split(',');
        Assert.Superset(new HashSet<string> { "intranet.example", "nas.example", "localhost", "127.0.0.1", "::1", ".local", "10.0.0.0/8", "192.168.0.0/16" }, names.ToHashSet());
        Assert.Equal(names.Length, names.Distinct().Count());
    }

    [Fact]
    public void Roots_WithoutALocalAuthority_AreTheUsersOwn()
    {
        var variables = ExecEnvironment.Of(new Dictionary<string, string> { ["SSL_CERT_FILE"] = "mine.pem" }, "http://p:1", "", null);

        Assert.Equal("mine.pem", variables["SSL_CERT_FILE"]);
        Assert.False(variables.ContainsKey("CURL_CA_BUNDLE"));
        Assert.False(variables.ContainsKey("WGETRC"));
    }
}
