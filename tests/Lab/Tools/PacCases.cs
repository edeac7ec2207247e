namespace Swarm.Lab.Tools;

/// <summary>What <c>/proxy.pac</c> has to say of a URL.</summary>
public static class PacCases
{
    /// <summary>True for the proxy, false for DIRECT alone; <c>localhost</c> is a host whose https is opened.</summary>
    public static IReadOnlyList<(string Url, bool IsProxied)> All { get; } =
    [
        ("http://example.org/film.mp4", true), ("http://EXAMPLE.ORG./", true), ("http://172.32.0.1/", true), ("http://192.0.2.1:8080/", true), ("http://[2001:db8::1]/", true), ("http://local.example.org/", true),
        ("https://localhost/", true), ("https://example.org/", false), ("https://notlocalhost/", false), ("wss://localhost/", false), ("ftp://example.org/", false),
        ("http://intranet/", false), ("http://localhost/", false), ("http://nas.local/", false), ("http://a.internal/", false), ("http://router.home.arpa/", false),
        ("http://127.0.0.1:1/", false), ("http://10.1.2.3/", false), ("http://172.16.0.1/", false), ("http://172.31.255.1/", false), ("http://192.168.1.1/", false), ("http://169.254.1.1/", false),
        ("http://[::1]/", false), ("http://[fd00::1]/", false), ("http://[fe80::1]/", false),
    ];

    /// <summary>A program for Node that runs the script as a browser would: one line for each URL of its arguments.</summary>
    public const string Program = """
        const [script, ...urls] = process.argv.slice(1);
        const context = require('vm').createContext({});
        require('vm').runInContext(script, context);
        for (const url of urls) {
          console.log(context.FindProxyForURL(url, new URL(url).hostname));
        }
        """;
}
