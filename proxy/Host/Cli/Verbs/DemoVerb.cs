using System.CommandLine;
using System.Security.Cryptography;
using Swarm.Engine.Receipts;
using Swarm.Proxy.Demo;
using Swarm.Proxy.Lifetime;

namespace Swarm.Proxy.Cli;

/// <summary><c>demo</c>: the whole product on loopback, to watch in a browser; with <c>--once</c>, one download and its receipt.</summary>
internal sealed class DemoVerb(Surroundings surroundings, NodeParts parts, ILifetimeSignals signals)
{
    private readonly Option<bool> _once = new("--once") { Description = "Download the film once, print the receipt, and end." };

    public Command Build()
    {
        var verb = new Command("demo", "See it work on this machine: a film on a slow site, four peers that have it, a page that plays it.") { _once };
        verb.SetAction(RunAsync);
        return verb;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var listening = signals.Listen(stop: stop.Cancel, reload: static () => { });
        try
        {
            var once = parsed.GetValue(_once);
            var started = await DemoSwarm.StartAsync(surroundings, parts, toWatch: !once, once ? static _ => { } : surroundings.Out.WriteLine, stop.Token);
            if (started.Part is not { } demo)
            {
                surroundings.Error.WriteLine($"The demo cannot run: {started.Problem}");
                return ExitCode.Failure;
            }

            await using (demo)
            {
                var film = demo.Film;
                surroundings.Error.WriteLine($"A film of {film.Seconds:F0} s, {PlainUnits.Size(film.Bytes.Length)}, needs {PlainUnits.Rate(film.BytesPerSecond)}. "
                    + $"Its origin, {demo.Site.FilmUrl}, sends {PlainUnits.Rate(demo.OriginBytesPerSecond)}: alone it would stall. Four peers on this machine have it.");
                return once ? await OnceAsync(demo, stop.Token) : await StayAsync(demo, stop.Token);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitCode.Success;
        }
    }

    private async Task<int> StayAsync(DemoSwarm demo, CancellationToken cancellation)
    {
        surroundings.Out.WriteLine($"READY proxy=http://{demo.Viewer.ProxyEndPoint} control=http://{demo.Viewer.ControlEndPoint} page={demo.Site.Url}/");
        surroundings.Out.Flush();
        new ServiceNotice(surroundings).Ready("the demo runs");
        surroundings.Error.WriteLine($"Dashboard:   {demo.Viewer.DashboardUrl}");
        surroundings.Error.WriteLine($"Open {demo.PageUrl} in a browser: the film, who gives it, and what you may do to them. Each answer leaves a receipt here. Ctrl-C ends the demo.");
        await Task.Delay(Timeout.Infinite, cancellation);
        return ExitCode.Success;
    }

    private async Task<int> OnceAsync(DemoSwarm demo, CancellationToken cancellation)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Timeout.InfiniteTimeSpan };
        byte[] got;
        string id;
        try
        {
            using var answer = await http.GetAsync(new Uri(demo.PlayerUrl() ?? demo.Site.FilmUrl), HttpCompletionOption.ResponseHeadersRead, cancellation);
            id = answer.Headers.TryGetValues("Swarm-Receipt", out var urls) ? urls.First().Split('/')[^1] : "";
            got = await answer.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync(cancellation);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            surroundings.Error.WriteLine($"The demo failed: {ErrorText.Of(e)}.");
            return ExitCode.Failure;
        }

        var receipt = await ReceiptAsync(demo, id, cancellation);
        if (receipt is not null)
        {
            surroundings.Out.WriteLine(ReceiptLine.Format(receipt));
        }

        var same = SHA256.HashData(got).AsSpan().SequenceEqual(SHA256.HashData(demo.Film.Bytes));
        var helped = receipt is { BytesBySource.Peer: > 0 };
        surroundings.Error.WriteLine(!same ? "The demo failed: the bytes are not the film's."
            : !helped ? "The film is right, but no peer delivered: the demo failed."
            : $"Every byte is the film's. The origin sent {PlainUnits.Size(demo.Site.SentBytes)}; alone it would have needed {PlainUnits.Duration(demo.Film.Bytes.Length / demo.OriginBytesPerSecond * 1000)}.");
        return same && helped ? ExitCode.Success : ExitCode.Failure;
    }

    /// <summary>Written right after the last byte.</summary>
    private static async Task<ReceiptView?> ReceiptAsync(DemoSwarm demo, string id, CancellationToken cancellation)
    {
        for (var i = 0; i < 100 && demo.Viewer.Receipts.Find(id) is null; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellation);
        }

        return demo.Viewer.Receipts.Find(id);
    }
}
