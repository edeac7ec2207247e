using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Swarm.Lab.Harness.Browser;

/// <summary>The DevTools protocol of a Chromium, one message at a time: commands and their answers, and the events that someone listens to.</summary>
internal sealed class DevTools : IAsyncDisposable
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromMinutes(1);

    private readonly ClientWebSocket _socket = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly SemaphoreSlim _sending = new(1);
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonElement>> _open = new();
    private Task _receiving = Task.CompletedTask;
    private int _last;

    /// <summary>The session, the name and the parameters of each event, as they come.</summary>
    public event Action<string, string, JsonElement>? Happened;

    public static async Task<DevTools> ConnectAsync(Uri at, CancellationToken stop)
    {
        var tools = new DevTools();
        await tools._socket.ConnectAsync(at, stop);
        tools._receiving = tools.ReceiveAsync();
        return tools;
    }

    /// <exception cref="LabException">The browser refuses the command, or does not answer.</exception>
    public async Task<JsonElement> SendAsync(string method, JsonObject parameters, string? session, CancellationToken stop)
    {
        var id = Interlocked.Increment(ref _last);
        var answer = _open.GetOrAdd(id, static _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
        var message = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters };
        if (session is not null)
        {
            message["sessionId"] = session;
        }

        await _sending.WaitAsync(stop);
        try
        {
            await _socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(message), WebSocketMessageType.Text, endOfMessage: true, stop);
        }
        catch (WebSocketException e)
        {
            throw new LabException($"the browser is gone: {e.Message}", e);
        }
        finally
        {
            _sending.Release();
        }

        try
        {
            var said = await answer.Task.WaitAsync(AnswerLimit, stop);
            return said.TryGetProperty("error", out var error) ? throw new LabException($"{method}: {error}") : said.GetProperty("result");
        }
        catch (TimeoutException e)
        {
            throw new LabException($"{method}: no answer in {AnswerLimit.TotalSeconds:F0} s", e);
        }
        finally
        {
            _open.TryRemove(id, out _);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _receiving;
        _socket.Dispose();
        _sending.Dispose();
        _closing.Dispose();
    }

    private async Task ReceiveAsync()
    {
        var message = new MemoryStream();
        var buffer = new byte[64 << 10];
        try
        {
            while (true)
            {
                var part = await _socket.ReceiveAsync(buffer.AsMemory(), _closing.Token);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    break;
                }

                message.Write(buffer, 0, part.Count);
                if (part.EndOfMessage)
                {
                    using var json = JsonDocument.Parse(message.GetBuffer().AsMemory(0, (int)message.Length));
                    if (json.RootElement.TryGetProperty("id", out var id) && _open.TryGetValue(id.GetInt32(), out var waiting))
                    {
                        waiting.TrySetResult(json.RootElement.Clone());
                    }
                    else if (json.RootElement.TryGetProperty("method", out var name) && json.RootElement.TryGetProperty("sessionId", out var session))
                    {
                        Happened?.Invoke(session.GetString()!, name.GetString()!, json.RootElement.GetProperty("params"));
                    }

                    message.SetLength(0);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
            // The browser ended, or the scenario did.
        }

        foreach (var waiting in _open.Values)
        {
            waiting.TrySetException(new LabException("the browser ended"));
        }
    }
}
