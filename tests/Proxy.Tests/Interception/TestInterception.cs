using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Proxy.Front;
using Swarm.Proxy.Interception;
using Swarm.Proxy.Tests.Harness;
using Swarm.Proxy.Upstream;

namespace Swarm.Proxy.Tests.Interception;

/// <summary>A front that opens the https of the named hosts, an authority for its origins, and clients that trust the one or the other.</summary>
internal sealed class TestInterception : IAsyncDisposable
{
    private readonly string _state = Directory.CreateTempSubdirectory("swarm-ca-").FullName;
    private TestFront? _front;

    private TestInterception(IReadOnlyList<string> hosts)
    {
        Folder = new AuthorityFolder(_state);
        Make(hosts);
    }

    public TestAuthority Origins { get; } = new();

    public AuthorityFolder Folder { get; }

    public LocalAuthority Local { get; private set; } = null!;

    public TestFront Front => _front!;

    public static Task<TestInterception> StartAsync(RawOrigin origin, TestAuthority? origins = null, params string[] hosts) =>
        StartAsync(origin, ClientAccess.Everyone, origins, hosts);

    public static Task<TestInterception> StartAsync(RawOrigin origin, TestAuthority origins, UpstreamChoice upstream) =>
        StartAsync(origin, new TestFrontOptions { Upstream = upstream }, origins);

    public static Task<TestInterception> StartAsync(RawOrigin origin, ClientAccess access, TestAuthority? origins = null, params string[] hosts) =>
        StartAsync(origin, new TestFrontOptions { Access = access }, origins, hosts);

    public static async Task<TestInterception> StartAsync(RawOrigin origin, TestFrontOptions options, TestAuthority? origins = null, params string[] hosts)
    {
        var test = new TestInterception(hosts is [] ? ["site.example"] : hosts);
        test._front = await TestFront.StartAsync(options with
        {
            ConnectPorts = new HashSet<int> { origin.Port },
            TrustedRoots = (origins ?? test.Origins).Roots,
            Resolve = (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]),
            Interception = new Interceptor(test.Folder, TimeProvider.System, NullLogger.Instance),
        });
        return test;
    }

    public void Make(params IReadOnlyList<string> hosts)
    {
        Assert.True(InterceptedHosts.TryParse(hosts, out var named, out var problem), problem);
        Local = LocalAuthority.Create(named, DateTimeOffset.UtcNow);
        Folder.Write(Local);
    }

    /// <summary>A client behind this proxy that trusts one authority and nothing else.</summary>
    public HttpClient Client(X509Certificate2 root, Version? version = null) => new(Handler(root))
    {
        DefaultRequestVersion = version ?? HttpVersion.Version11,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Timeout = TimeSpan.FromSeconds(60),
    };

    public HttpClient Client(Version? version = null) => Client(Local.Certificate, version);

    public SocketsHttpHandler Handler(X509Certificate2 root) => new()
    {
        Proxy = new WebProxy(Front.Front.Url),
        AllowAutoRedirect = false,
        SslOptions = Trusting(root),
    };

    public static SslClientAuthenticationOptions Trusting(X509Certificate2 root)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(root);
        return new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
    }

    public async ValueTask DisposeAsync()
    {
        if (_front is not null)
        {
            await _front.DisposeAsync();
        }

        Origins.Dispose();
        Directory.Delete(_state, recursive: true);
    }
}
