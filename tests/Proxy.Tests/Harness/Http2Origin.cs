using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Swarm.Proxy.Tests.Harness;

/// <summary>An origin that speaks HTTP/2 alone: unless told otherwise, it answers each request with the protocol it came by.</summary>
internal sealed class Http2Origin : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _connections;

    private Http2Origin(X509Certificate2 certificate, RequestDelegate answer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            listen.Use(next => connection =>
            {
                Interlocked.Increment(ref _connections);
                return next(connection);
            });
            listen.UseHttps(certificate);
        }));
        _app = builder.Build();
        _app.Run(answer);
    }

    public int Connections => Volatile.Read(ref _connections);

    public int Port => new Uri(_app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First()).Port;

    public static async Task<Http2Origin> StartAsync(X509Certificate2 certificate, RequestDelegate? answer = null)
    {
        var origin = new Http2Origin(certificate, answer ?? (context => context.Response.WriteAsync(context.Request.Protocol)));
        await origin._app.StartAsync(TestContext.Current.CancellationToken);
        return origin;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
