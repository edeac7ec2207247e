using System.Net;

namespace Swarm.Lab.Harness;

/// <summary>Debian's nginx as a caching reverse proxy before one origin: the cache that most people have, to compare with.</summary>
public sealed class NginxCache : IAsyncDisposable
{
    private readonly ChildProcess _process;

    private NginxCache(ChildProcess process, int port)
    {
        _process = process;
        Endpoint = new(IPAddress.Loopback, port);
    }

    public IPEndPoint Endpoint { get; }

    public static async Task<NginxCache> StartAsync(Bench bench, int originPort, CancellationToken stop)
    {
        var folder = bench.NewFolder("nginx-cache");
        var port = Bench.FreePort();
        var configuration = Path.Combine(folder, "nginx.conf");
        await File.WriteAllTextAsync(configuration, $$"""
            daemon off;
            master_process off;
            worker_processes 1;
            pid {{folder}}/nginx.pid;
            error_log {{folder}}/error.log warn;
            events { worker_connections 1024; }
            http {
              access_log off;
              client_body_temp_path {{folder}}/tmp;
              proxy_temp_path {{folder}}/tmp;
              fastcgi_temp_path {{folder}}/tmp;
              uwsgi_temp_path {{folder}}/tmp;
              scgi_temp_path {{folder}}/tmp;
              keepalive_timeout 600;
              keepalive_requests 10000000;
              proxy_cache_path {{folder}}/cache levels=1:2 keys_zone=cache:10m max_size=100m inactive=60m use_temp_path=off;
              server {
                listen 127.0.0.1:{{port}};
                location / {
                  proxy_pass http://127.0.0.1:{{originPort}};
                  proxy_http_version 1.1;
                  proxy_cache cache;
                  proxy_cache_key $request_uri;
                  proxy_cache_revalidate on;
                  proxy_force_ranges on;
                  add_header Cache-Status $upstream_cache_status;
                }
              }
            }
            """, stop);
        var nginx = bench.Own(new NginxCache(ChildProcess.Start(bench.Reaper, Tool.Nginx.Program, ["-c", configuration, "-p", folder, "-e", Path.Combine(folder, "error.log")]), port));
        await Poll.UntilListensAsync("nginx", nginx.Endpoint, nginx._process, Poll.NewSocket, stop);
        return nginx;
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
