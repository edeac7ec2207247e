using Swarm.Proxy.Cli;

namespace Swarm.Proxy.Tests;

/// <summary>The proxies in tools' configuration files, as their manuals write them.</summary>
public sealed class ToolProxyTextTests
{
    /// <summary>Who copied our own files is told of nothing to mend.</summary>
    [Theory]
    [InlineData("git", "gitconfig", "http://127.0.0.1:7976")]
    [InlineData("apt", "90swarmstream", "http://127.0.0.1:7976")]
    [InlineData("curl", "curlrc", "http://127.0.0.1:7976")]
    [InlineData("npm", "npmrc", "")]
    [InlineData("pip", "swarmstream-pip.conf", "")]
    public void ExamplesOfSettings_LeadHere(string tool, string example, string found)
    {
        var file = ToolProxyFile.All("/home", "/home/.config", "/nowhere").First(f => f.Tool == tool);
        var lines = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "examples", example));
        Assert.Equal(found, string.Join('|', ToolProxyText.Find(file.Form, file.Keys, lines).Select(static p => p.Value)));
    }

    [Theory]
    [InlineData("git", "[user]\n\tname = a\n[http]\n\tproxy = http://p:1\n", "4 http://p:1")]
    [InlineData("git", "[http \"https://h/\"]\n  proxy=\"\"\n", "2 ")]
    [InlineData("git", "[HTTP]\n#proxy = x\n;proxy = y\n[core]\nproxy = z\n", "")]
    [InlineData("npm", "proxy=http://p:1\nhttps-proxy = null\nregistry=https://r/\n", "1 http://p:1|2 ")]
    [InlineData("pip", "[global]\nindex-url = https://i/\nproxy = u:s@p:1\n", "3 u:s@p:1")]
    [InlineData("pip", "[list]\nproxy = x\n", "")]
    [InlineData("curl", "-x socks5h://p:1\n--proxy = p:2\nproxy: \"p:3\"\nproxytunnel\n", "1 socks5h://p:1|2 p:2|3 p:3")]
    [InlineData("wget", "http_proxy = http://p:1\n# https_proxy = http://p:2\n", "1 http://p:1")]
    [InlineData("cargo", "[http]\nproxy = \"p:1\"\n[net]\nproxy = \"p:2\"\n", "2 p:1")]
    [InlineData("cargo", "[http]\nproxy = \"p:1\" # mine\n", "2 p:1")]
    [InlineData("git", "[http]\n\tproxy = http://p:1 ; mine\n", "2 http://p:1")]
    [InlineData("apt", "Acquire::http::Proxy \"http://p:1/\";\n", "1 http://p:1/")]
    [InlineData("apt", "acquire {\n  http { Proxy \"http://p:1\"; Timeout \"3\"; };\n  https::proxy \"DIRECT\"; }\n", "2 http://p:1|3 ")]
    [InlineData("apt", "Acquire::http::Proxy::deb.example.org \"http://p:2\";", "1 http://p:2")]
    [InlineData("apt", "Acquire::http::Proxy::127.0.0.1 \"DIRECT\";\nAcquire::http { Proxy { deb.example.org \"direct\"; }; };\n", "")]
    [InlineData("apt", "// Acquire::http::Proxy \"x\";\n#clear Acquire;\nAcquire::ftp::Proxy \"y\";\nAcquire::http::Pipeline-Depth \"0\";\n", "")]
    [InlineData("apt", "} } { \"\n\"\"\"; Acquire::http::Proxy \"open", "")]
    public void Proxies_AreFoundWithTheirLines(string tool, string text, string found)
    {
        var file = ToolProxyFile.All("/home", "/home/.config", "/nowhere").First(f => f.Tool == tool);
        Assert.Equal(found, string.Join('|', ToolProxyText.Find(file.Form, file.Keys, text.Split('\n')).Select(p => $"{p.Line} {p.Value}")));
    }

    [Theory]
    [InlineData("http://bob:secret@p:1/x", "http://p:1")]
    [InlineData("bob:secret@p:1", "http://p:1")]
    [InlineData("http://bob:12#34@p:1", "another proxy")]
    [InlineData("bob:12/34@p:1", "another proxy")]
    [InlineData("http://bob:12?34@p:1", "another proxy")]
    [InlineData("http://bob:se/cret@p:1", "another proxy")]
    [InlineData("socks5h://p:1", "socks5h://p:1")]
    public void ShownAddress_HasNoSecret(string value, string shown) => Assert.Equal(shown, ProxyAddress.Shown(value));
}
