using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Swarm.Proxy.Lifetime;
using Swarm.Proxy.Observability;

namespace Swarm.Proxy.Control;

/// <summary>The control listener: status page, JSON API, event stream, metrics, on a port of its own.</summary>
internal sealed class ControlPlane : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Telemetry _telemetry;
    private readonly CancellationTokenSource _stopping;
    private readonly ControlSocket? _socket;

    private ControlPlane(WebApplication app, Telemetry telemetry, CancellationTokenSource stopping, IPEndPoint endPoint, ControlSocket? socket)
    {
        _app = app;
        _telemetry = telemetry;
        _stopping = stopping;
        _socket = socket;
        EndPoint = endPoint;
    }

    public IPEndPoint EndPoint { get; }

    public string Url => $"http://{EndPoint}";

    /// <summary>What it answers, as <c>METHOD /path</c>; HEAD goes with GET.</summary>
    public IEnumerable<string> Routes => _app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        .SelectMany(route => route.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods
            .Where(method => !HttpMethods.IsHead(method)).Select(method => $"{method} {route.RoutePattern.RawText}"));

    public static async Task<Started<ControlPlane>> StartAsync(ControlOptions options, CancellationToken cancellation)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [] });
        builder.Logging.ClearProviders();
        builder.Services.Replace(ServiceDescriptor.Singleton(options.Logs));
        builder.Services.Configure<HostOptions>(static host => host.ShutdownTimeout = TimeSpan.FromSeconds(1));
        // The process's signals are ProxyHost's: a second handler here would stop this listener first.
        builder.Services.Replace(ServiceDescriptor.Singleton<IHostLifetime, NoLifetime>());
        var socket = ControlSocket.Prepare(options.SocketFolder);
        builder.WebHost.UseSockets(sockets => options.Sockets?.GiveTo(sockets));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = ControlOptions.BodyLimitBytes;
            kestrel.Limits.MaxConcurrentConnections = 128;
            kestrel.Limits.MaxRequestHeadersTotalSize = 16 << 10;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.Listen(options.Listen, static listen => listen.Protocols = HttpProtocols.Http1);
            socket?.Listen(kestrel);
        });

        var app = builder.Build();
        var telemetry = new Telemetry(options.Meters, options.Otlp);
        var stopping = new CancellationTokenSource();
        try
        {
            // The port is known once Kestrel is bound; until then nothing is answered.
            var guard = new TaskCompletionSource<RequestGuard>(TaskCreationOptions.RunContinuationsAsynchronously);
            app.Use(next => async context => await GuardAsync(context, await guard.Task, next));
            ControlRoutes.Map(app, options, telemetry, stopping.Token);
            await app.StartAsync(cancellation);
            socket?.Publish();
            var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First(a => !ControlSocket.IsOne(a));
            var bound = new IPEndPoint(options.Listen.Address, new Uri(address).Port);
            guard.SetResult(new RequestGuard(options.Token, bound));
            return Started.As(new ControlPlane(app, telemetry, stopping, bound, socket));
        }
        catch
        {
            await app.DisposeAsync();
            socket?.Dispose();
            telemetry.Dispose();
            stopping.Dispose();
            throw;
        }
    }

    /// <summary>Ends event streams, then the listener.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _socket?.Dispose();
        _telemetry.Dispose();
        _stopping.Dispose();
    }

    private static async Task GuardAsync(HttpContext context, RequestGuard guard, RequestDelegate next)
    {
        var headers = context.Response.Headers;
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";

        // What is not known to be open needs the token: unknown paths too, so that they tell nothing.
        var open = context.GetEndpoint()?.Metadata.GetMetadata<OpenRoute>() is not null;
        // Who could connect to the socket is this user: the file system decided, and no page of a browser can reach it.
        if (!ControlSocket.Carries(context) && guard.Check(context.Request, open) is { } problem)
        {
            if (problem.Status == StatusCodes.Status401Unauthorized)
            {
                headers.WWWAuthenticate = "Bearer realm=\"swarmstream\"";
            }

            await Respond.ProblemAsync(context, problem);
            return;
        }

        await next(context);
        if (!context.Response.HasStarted && context.Response is { StatusCode: >= 400, ContentType: null })
        {
            await Respond.ProblemAsync(context, context.Response.StatusCode == StatusCodes.Status405MethodNotAllowed
                ? Problem.Of(405, "method", "Method not allowed", $"This path answers {headers.Allow}.")
                : Problem.NotFound);
        }
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
