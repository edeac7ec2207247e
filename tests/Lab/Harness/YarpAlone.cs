using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Yarp.ReverseProxy.Forwarder;

namespace Swarm.Lab.Harness;

/// <summary>
/// YARP's forwarder and nothing else, as a process of its own: the proxy that one would write on this platform in an hour, to compare
/// pass-through with. It forwards every request to one origin, with the handler settings its own documentation gives.
/// </summary>
public static class YarpAlone
{
    /// <summary>The lab's argument that makes a process this.</summary>
    public const string Argument = "yarp-alone";

    private const string Ready = "listens on ";

    public static async Task<int> RunAsync(string origin, CancellationToken stop)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddHttpForwarder();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        await using var app = builder.Build();
        var forwarder = app.Services.GetRequiredService<IHttpForwarder>();
        using var client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false, AllowAutoRedirect = false, AutomaticDecompression = DecompressionMethods.None, UseCookies = false, ActivityHeadersPropagator = null,
        });
        app.Run(async context => await forwarder.SendAsync(context, origin, client, ForwarderRequestConfig.Empty, HttpTransformer.Default));
        await app.StartAsync(stop);
        Console.WriteLine(Ready + new Uri(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First()).Authority);
        await app.WaitForShutdownAsync(stop);
        return 0;
    }

    /// <summary>Starts one; where it listens.</summary>
    public static async Task<IPEndPoint> StartAsync(Bench bench, Uri origin, CancellationToken stop)
    {
        var process = bench.Own(ChildProcess.Start(bench.Reaper, "dotnet", [typeof(YarpAlone).Assembly.Location, Argument, origin.AbsoluteUri]));
        var line = await process.WaitForLineAsync(l => l.StartsWith(Ready, StringComparison.Ordinal), TimeSpan.FromSeconds(60), stop);
        return IPEndPoint.Parse(line[Ready.Length..]);
    }
}
