using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Swarm.Testing;

/// <summary>The origin of conformance cases: answers each path as the running step of its case says, and remembers what it was asked.</summary>
internal sealed class CacheCaseOrigin : IAsyncDisposable
{
    private readonly LoopbackServer _server;
    private readonly ConcurrentDictionary<string, Plan> _plans = new();
    private readonly TimeProvider _time;

    public CacheCaseOrigin(TimeProvider time)
    {
        _time = time;
        _server = new(ServeAsync);
    }

    public int Port => _server.Port;

    /// <summary>Sets what the paths under <paramref name="root"/> answer next; forgets what was asked before.</summary>
    /// <param name="head">Status and optional body in quotes, or <c>close</c>.</param>
    public Plan Prepare(string root, string head, IReadOnlyList<string> fields, string defaultBody) => _plans[root] = new(head, fields, defaultBody);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task ServeAsync(Socket client, CancellationToken stop)
    {
        await using (var stream = new NetworkStream(client, ownsSocket: true))
        {
            try
            {
                while (await CacheCaseWire.ReadHeadAsync(stream, stop) is { } head)
                {
                    var message = CacheCaseMessage.Parse(head);
                    if (message.Field("Content-Length") is { } length)
                    {
                        await stream.ReadExactlyAsync(new byte[int.Parse(length, CultureInfo.InvariantCulture)], stop);
                    }

                    var target = message.StartLine.Split(' ')[1];
                    var plan = _plans.GetValueOrDefault("/" + target.Split('/', '?')[1]);
                    if (plan is null || plan.Head == "close")
                    {
                        plan?.Requests.Enqueue(message);
                        return;
                    }

                    plan.Requests.Enqueue(message);
                    await stream.WriteAsync(Encoding.Latin1.GetBytes(Answer(plan, message)), stop);
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
