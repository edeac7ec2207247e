using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Swarm.Diagnostics.Tcp;

namespace Swarm.Diagnostics.Verbs;

/// <summary><c>serve [--listen 127.0.0.1:7978]</c>: the page of TCP memory, the API and the metrics without the proxy; loopback only, the API behind a token.</summary>
internal static class ServeVerb
{
    private const int FirstPort = 7978;
    private const int TriedPorts = 50;
    private const int TokenBytes = 24;

    public static Command Build(DiagHost host)
    {
        var listen = new Option<string>("--listen") { Description = "Loopback address and port; port 0 takes a free one.", DefaultValueFactory = _ => $"127.0.0.1:{FirstPort}", HelpName = "ADDRESS:PORT" };
        var verb = new Command("serve", "Show TCP memory in the browser: a page, GET /api/v1/tcp (with the token), /metrics and /healthz, until Ctrl-C. Read-only.") { listen };
        var watching = new WatchOptions(verb, standard: null);
        verb.SetAction((parsed, cancellation) =>
        {
            if (!watching.TryRead(parsed, host, out var duration, out var trace))
            {
                return Task.FromResult(DiagExit.Usage);
            }

            var text = parsed.GetValue(listen)!;
            // The framework's small HTTP server knows no prefix with an address of IPv6.
            if (!IPEndPoint.TryParse(text, out var end) || !IPAddress.IsLoopback(end.Address) || end.AddressFamily != AddressFamily.InterNetwork)
            {
                host.Error.WriteLine($"--listen {text} is no loopback address with a port, of IPv4 as 127.0.0.1:{FirstPort} is: what it tells is for this machine's user alone.");
                return Task.FromResult(DiagExit.Usage);
            }

            return RunAsync(host, end, duration, trace, cancellation);
        });
        return verb;
    }

    private static async Task<int> RunAsync(DiagHost host, IPEndPoint at, TimeSpan? duration, TraceMode trace, CancellationToken cancellation)
    {
        using var watch = host.Watch(trace);
        DiagText.WriteProbes(host.Error, watch.Probes);
        if (!WatchRun.CanMeasure(host, watch))
        {
            return DiagExit.CannotMeasure;
        }

        using var listener = TryListen(at, out var url, out var problem);
        if (listener is null)
        {
            host.Error.WriteLine($"--listen {at}: {problem}. Choose another port, or 0 for a free one.");
            return DiagExit.Failure;
        }

        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(TokenBytes));
        var metrics = new DiagMetrics();
        var gate = new Lock();
        watch.OnReading = metrics.Add;
        using var answers = new ServeAnswers(watch, metrics, token, gate);
        host.Out.WriteLine($"READY api={url}");
        host.Error.WriteLine($"Dashboard:   {url}/#{token}");
        host.Error.WriteLine($"curl -H 'Authorization: Bearer {token}' {url}/api/v1/tcp");
        using var stop = new StopSignal(cancellation);
        // Ended before the listener is: to stop one that is gone is an exception on a thread of nobody's.
        using var end = duration is { } limit ? host.Time.CreateTimer(static l => ((HttpListener)l!).Stop(), listener, limit, Timeout.InfiniteTimeSpan) : null;

        using var stopListening = stop.Token.Register(listener.Stop);
        var answering = AnswerAsync(listener, answers);
        try
        {
            while (!answering.IsCompleted)
            {
                await watch.WaitAsync(stop.Token);
                lock (gate)
                {
                    watch.Step();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C ends it.
        }

        await answering;
        DiagText.WriteCost(host.Out, watch);
        return DiagExit.Success;
    }

    private static async Task AnswerAsync(HttpListener listener, ServeAnswers answers)
    {
        while (listener.IsListening)
        {
            try
            {
                // Not waited for: a recording takes seconds to judge, and the page asks on meanwhile.
                _ = answers.AnswerAsync(await listener.GetContextAsync());
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                // The listener was stopped.
            }
        }
    }

    // A prefix names its host, so a request under another name (DNS rebinding) is refused by the listener itself.
    private static HttpListener? TryListen(IPEndPoint end, out string url, out string problem)
    {
        problem = "";
        for (var i = 0; i < (end.Port == 0 ? TriedPorts : 1); i++)
        {
            var port = end.Port == 0 ? RandomNumberGenerator.GetInt32(20000, 60000) : end.Port;
            url = $"http://{new IPEndPoint(end.Address, port)}";
            var listener = new HttpListener();
            listener.Prefixes.Add(url + "/");
            try
            {
                listener.Start();
                return listener;
            }
            catch (HttpListenerException e)
            {
                problem = e.Message.ReplaceLineEndings(" ").TrimEnd('.', ' ');
                listener.Close();
            }
        }

        url = "";
        return null;
    }
}
