using System.Net;
using Swarm.Lab.Harness.Network;

namespace Swarm.Lab.Harness;

/// <summary>
/// The origin: Debian's nginx with a configuration of its own, serving one folder over http and https. Every file is
/// described by <c>NAME.torrent</c> beside it (RFC 6249 Link) except under <c>/plain/</c>.
/// </summary>
public sealed class Nginx : IAsyncDisposable
{
    private readonly Bench _bench;
    private readonly string _folder;
    private readonly string _configuration;
    private readonly string _log;
    private readonly LabHost? _host;
    private readonly int _sendBufferKiB;
    private ChildProcess? _process;

    private Nginx(Bench bench, string folder, int port, int tlsPort, TestCa? ca, LabHost? host, int sendBufferKiB)
    {
        _host = host;
        _sendBufferKiB = sendBufferKiB;
        _bench = bench;
        _folder = folder;
        _configuration = Path.Combine(folder, "nginx.conf");
        _log = Path.Combine(folder, "access.log");
        Root = Directory.CreateDirectory(Path.Combine(folder, "www")).FullName;
        Directory.CreateDirectory(Path.Combine(Root, "plain"));
        Port = port;
        TlsPort = tlsPort;
        Ca = ca;
    }

    public int Port { get; }

    public int TlsPort { get; }

    public TestCa? Ca { get; }

    /// <summary>The served folder.</summary>
    public string Root { get; }

    public IPEndPoint Endpoint => new(_host?.Address ?? IPAddress.Loopback, Port);

    public IPEndPoint TlsEndpoint => new(_host?.Address ?? IPAddress.Loopback, TlsPort);

    /// <param name="host">Where it runs; null for this machine.</param>
    /// <param name="sendBufferKiB">Small for a slow line: what nginx says it sent of an answer that is broken off includes what lay in here.</param>
    public static async Task<Nginx> StartAsync(Bench bench, TestCa? ca, CancellationToken stop, LabHost? host = null, int sendBufferKiB = 64)
    {
        var nginx = bench.Own(new Nginx(bench, bench.NewFolder("nginx"), Bench.FreePort(), Bench.FreePort(), ca, host, sendBufferKiB));
        await File.WriteAllTextAsync(nginx._configuration, nginx.Configuration(), stop);
        await nginx.RestartAsync(stop);
        return nginx;
    }

    public static Uri UrlOf(int port, string path) => new($"http://127.0.0.1:{port}{path}");

    /// <summary>Starts it, again after <see cref="KillAsync"/>, and waits until it takes connections.</summary>
    public async Task RestartAsync(CancellationToken stop)
    {
        string[] arguments = ["-c", _configuration, "-p", _folder, "-e", Path.Combine(_folder, "error.log")];
        var (program, inside) = _host?.Inside(Tool.Nginx.Program, arguments) ?? (Tool.Nginx.Program, arguments);
        _process = ChildProcess.Start(_bench.Reaper, program, inside);
        await Poll.UntilListensAsync("nginx", Endpoint, _process, _host is { } host ? host.NewSocket : Poll.NewSocket, stop);
    }

    public async Task KillAsync() => await _process!.KillAsync();

    /// <summary>Puts a file in place of the old one in one step, as a careful publisher does.</summary>
    /// <param name="modified">Sets the modification time, and so with the length nginx's ETag; null for now.</param>
    public void Publish(string name, ReadOnlySpan<byte> content, DateTime? modified = null)
    {
        var target = Path.Combine(Root, name);
        var fresh = Path.Combine(_folder, $"fresh-{Guid.NewGuid():N}");
        File.WriteAllBytes(fresh, content);
        if (modified is { } time)
        {
            File.SetLastWriteTimeUtc(fresh, time);
        }

        File.Move(fresh, target, overwrite: true);
    }

    /// <summary>What it logged so far, metafiles and all.</summary>
    public IReadOnlyList<AccessEntry> Log()
    {
        using var file = new FileStream(_log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        var lines = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return [.. lines.Select(AccessEntry.Parse)];
    }

    /// <summary>Bytes of the bodies of <paramref name="path"/> that it gave to the kernel.</summary>
    public long BytesSentOf(string path) => Log().Where(e => e.Path == path).Sum(e => e.BodyBytes);

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
    }

    private string Configuration()
    {
        // One process, no user switch: one pid to end, and the folder stays ours. sndbuf is small because
        // $body_bytes_sent counts what the kernel took, not what the other side got.
        var tls = Ca is null ? "" : $$"""
              server {
                listen {{Endpoint.Address}}:{{TlsPort}} ssl sndbuf={{_sendBufferKiB}}k;
                ssl_certificate {{Ca.CertificatePem}};
                ssl_certificate_key {{Ca.KeyPem}};
                include site.conf;
              }
            """;
        File.WriteAllText(Path.Combine(_folder, "site.conf"), $$"""
            root {{Root}};
            etag on;
            location / { add_header Link '<$uri.torrent>; rel=describedby; type="application/x-bittorrent"'; }
            location ~ \.torrent$ { }
            location /plain/ { }
            """);
        return $$"""
            daemon off;
            master_process off;
            worker_processes 1;
            pid {{_folder}}/nginx.pid;
            error_log {{_folder}}/error.log warn;
            events { worker_connections 512; }
            http {
              types { text/html html; video/mp4 mp4; application/x-bittorrent torrent; }
              default_type application/octet-stream;
              log_format lab '{{AccessEntry.Format}}';
              access_log {{_log}} lab;
              client_body_temp_path {{_folder}}/tmp;
              proxy_temp_path {{_folder}}/tmp;
              fastcgi_temp_path {{_folder}}/tmp;
              uwsgi_temp_path {{_folder}}/tmp;
              scgi_temp_path {{_folder}}/tmp;
              keepalive_timeout 600;
              keepalive_requests 100000;
              server {
                listen {{Endpoint.Address}}:{{Port}} sndbuf={{_sendBufferKiB}}k;
                include site.conf;
              }
            {{tls}}
            }
            """;
    }
}
