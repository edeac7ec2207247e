using System.Text.Json;

namespace Swarm.Lab.Harness.Browser;

/// <summary>One tab: scripts run in it as if a person's gesture had started them.</summary>
public sealed class BrowserPage
{
    private readonly DevTools _tools;
    private readonly string _session;

    internal BrowserPage(DevTools tools, string target, string session) => (_tools, Target, _session) = (tools, target, session);

    internal string Target { get; }

    /// <summary>The value of an expression, awaited if it is a promise; null for <c>undefined</c> and <c>null</c>.</summary>
    /// <exception cref="LabException">The script threw.</exception>
    public async Task<JsonElement?> EvaluateAsync(string expression, CancellationToken stop)
    {
        var answer = await _tools.SendAsync("Runtime.evaluate",
            new() { ["expression"] = expression, ["awaitPromise"] = true, ["returnByValue"] = true, ["userGesture"] = true }, _session, stop);
        return answer.TryGetProperty("exceptionDetails", out var wrong)
            ? throw new LabException($"{expression}: {wrong}")
            : answer.GetProperty("result").TryGetProperty("value", out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    public async Task<string> TextAsync(string expression, CancellationToken stop) => (await EvaluateAsync(expression, stop))?.ToString() ?? "";

    public async Task<double> NumberAsync(string expression, CancellationToken stop) => (await EvaluateAsync(expression, stop))?.GetDouble() ?? double.NaN;

    public async Task<bool> IsAsync(string expression, CancellationToken stop) => await EvaluateAsync($"Promise.resolve({expression}).then(x => !!x)", stop) is { ValueKind: JsonValueKind.True };

    /// <summary>Waits until the expression holds in the page; a page that is just loading counts as one where it does not.</summary>
    public Task<bool> UntilAsync(string expression, TimeSpan limit, CancellationToken stop) => Poll.UntilAsync(
        async cancel =>
        {
            try
            {
                return await IsAsync(expression, cancel);
            }
            catch (LabException)
            {
                return false;
            }
        },
        limit,
        stop);

    /// <summary>From now on, what the page's requests were and how they were answered.</summary>
    public async Task<RequestWatch> WatchRequestsAsync(CancellationToken stop)
    {
        var watch = new RequestWatch(_session);
        _tools.Happened += watch.Take;
        await _tools.SendAsync("Network.enable", [], _session, stop);
        return watch;
    }

    /// <summary>Puts every service worker to sleep, as the browser does with an idle one.</summary>
    public async Task StopWorkersAsync(CancellationToken stop)
    {
        await _tools.SendAsync("ServiceWorker.enable", [], _session, stop);
        await _tools.SendAsync("ServiceWorker.stopAllWorkers", [], _session, stop);
    }

    public Task NavigateAsync(string url, CancellationToken stop) => _tools.SendAsync("Page.navigate", new() { ["url"] = url }, _session, stop);

    public Task CloseAsync(CancellationToken stop) => _tools.SendAsync("Target.closeTarget", new() { ["targetId"] = Target }, null, stop);

    /// <summary>Makes the room that the page is laid out in so large.</summary>
    public Task ResizeAsync(int width, int height, CancellationToken stop) =>
        _tools.SendAsync("Emulation.setDeviceMetricsOverride", new() { ["width"] = width, ["height"] = height, ["deviceScaleFactor"] = 1, ["mobile"] = false }, _session, stop);
}
