using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Swarm.Testing;

/// <summary>The origin of conformance cases: answers each path as the running step of its case says, and remembers what it was asked.</summary>
internal sealed class CacheCaseOrigin : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly ConcurrentDictionary<string, Plan> _plans = new();
    private readonly TimeProvider _time;
    private readonly Task _accepting;

    public CacheCaseOrigin(TimeProvider time)
    {
        _time = time;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Sets what the paths under <paramref name="root"/> answer next; forgets what was asked before.</summary>
    /// <param name="head">Status and optional body in quotes, or <c>close</c>.</param>
    public Plan Prepare(string root, string head, IReadOnlyList<string> fields, string defaultBody) => _plans[root] = new(head, fields, defaultBody);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                _connections.Add(Task.Run(() => ServeAsync(client)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The run is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            client.NoDelay = true;
            try
            {
                var stream = client.GetStream();
                while (await CacheCaseWire.ReadHeadAsync(stream, _stop.Token) is { } head)
                {
                    var message = CacheCaseMessage.Parse(head);
                    if (message.Field("Content-Length") is { } length)
                    {
                        await stream.ReadExactlyAsync(new byte[int.Parse(length, CultureInfo.InvariantCulture)], _stop.Token);
                    }

                    var target = message.StartLine.Split(' ')[1];
                    var plan = _plans.GetValueOrDefault("/" + target.Split('/', '?')[1]);
                    if (plan is null || plan.Head == "close")
                    {
                        plan?.Requests.Enqueue(message);
                        return;
                    }

                    plan.Requests.Enqueue(message);
                    await stream.WriteAsync(Encoding.Latin1.GetBytes(Answer(plan, message)), _stop.Token);
                }
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The cache went away.
            }
        }
    }

    private string Answer(Plan plan, CacheCaseMessage request)
    {
        var quote = plan.Head.IndexOf('"', StringComparison.Ordinal);
        var status = quote < 0 ? plan.Head : plan.Head[..quote].Trim();
        var body = quote < 0 ? plan.DefaultBody : plan.Head[(quote + 1)..^1];
        var hasBody = status is not ("204" or "304") && !request.StartLine.StartsWith("HEAD ", StringComparison.Ordinal);
        var text = new StringBuilder($"HTTP/1.1 {status} Status\r\n");
        foreach (var field in plan.Fields.Where(f => f[0] != '-'))
        {
            text.Append(field).Append("\r\n");
        }

        if (!plan.Fields.Any(f => f.StartsWith("Date:", StringComparison.Ordinal) || f == "-Date"))
        {
            text.Append(CultureInfo.InvariantCulture, $"Date: {CacheCaseMessage.DateText(_time.GetUtcNow())}\r\n");
        }

        if (status is not ("204" or "304") && !plan.Fields.Any(f => f.StartsWith("Content-Length:", StringComparison.Ordinal)))
        {
            text.Append(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n");
        }

        return text.Append("\r\n").Append(hasBody ? body : "").ToString();
    }

    /// <summary>What one step answers, and what it was asked.</summary>
    internal sealed record Plan(string Head, IReadOnlyList<string> Fields, string DefaultBody)
    {
        public ConcurrentQueue<CacheCaseMessage> Requests { get; } = new();
    }
}
