using System.Text.Json.Nodes;

namespace Swarm.Lab.Harness.Browser;

/// <summary>Debian's Chromium without a window, with a profile of its own, driven through its DevTools.</summary>
public sealed class Chromium : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(1);

    private readonly ChildProcess _process;
    private readonly DevTools _tools;

    private Chromium(ChildProcess process, DevTools tools, string home) => (_process, _tools, Home) = (process, tools, home);

    /// <summary>Its user's home folder: downloads go to <c>Downloads</c> in it.</summary>
    public string Home { get; }

    /// <param name="extension">A folder with an unpacked extension; null for none.</param>
    public static async Task<Chromium> StartAsync(Bench bench, string? extension, CancellationToken stop, params string[] more)
    {
        var home = bench.NewFolder("chromium");
        var profile = Path.Combine(home, "profile");
        string[] extensionFlags = extension is null ? [] : [$"--disable-extensions-except={extension}", $"--load-extension={extension}"];
        var process = bench.Own(ChildProcess.Start(bench.Reaper, Tool.Chromium.Program,
        [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--mute-audio", "--lang=en-US", "--accept-lang=en-US",
            "--autoplay-policy=no-user-gesture-required", "--remote-debugging-port=0", $"--user-data-dir={profile}",
            .. extensionFlags, .. more, "about:blank",
        ],
        new Dictionary<string, string?> { ["HOME"] = home, ["http_proxy"] = null, ["https_proxy"] = null, ["LANGUAGE"] = "en", ["LANG"] = "C.UTF-8" }));
        var portFile = Path.Combine(profile, "DevToolsActivePort");
        string[] lines = [];
        var listens = await Poll.UntilAsync(
            async cancel => !process.HasExited && File.Exists(portFile) && (lines = await File.ReadAllLinesAsync(portFile, cancel)).Length >= 2, StartLimit, stop);
        if (!listens)
        {
            throw new LabException($"chromium does not start:\n{process.Errors}");
        }

        var tools = await DevTools.ConnectAsync(new Uri($"ws://127.0.0.1:{lines[0]}{lines[1]}"), stop);
        return bench.Own(new Chromium(process, tools, home));
    }

    public async Task<BrowserPage> OpenAsync(string url, CancellationToken stop)
    {
        var target = (await _tools.SendAsync("Target.createTarget", new() { ["url"] = url }, null, stop)).GetProperty("targetId").GetString()!;
        var session = (await _tools.SendAsync("Target.attachToTarget", new() { ["targetId"] = target, ["flatten"] = true }, null, stop)).GetProperty("sessionId").GetString()!;
        return new(_tools, target, session);
    }

    /// <summary>The id that the browser gave to the one extension it loaded: the host of its background's URL.</summary>
    public async Task<string> ExtensionIdAsync(CancellationToken stop)
    {
        string? id = null;
        var came = await Poll.UntilAsync(
            async cancel =>
            {
                var targets = (await _tools.SendAsync("Target.getTargets", [], null, cancel)).GetProperty("targetInfos").EnumerateArray();
                id = targets.Where(t => t.GetProperty("type").GetString() == "service_worker")
                    .Select(t => new Uri(t.GetProperty("url").GetString()!)).FirstOrDefault(u => u.Scheme == "chrome-extension")?.Host;
                return id is not null;
            },
            StartLimit,
            stop);
        return came ? id! : throw new LabException($"the extension's background does not start:\n{_process.Errors}");
    }

    /// <summary>Presses the extension's button while this page is in front: from then on it may see the page's address.</summary>
    public async Task PressActionAsync(string extension, BrowserPage page, CancellationToken stop)
    {
        var info = await _tools.SendAsync("Target.getTargetInfo", new() { ["targetId"] = page.Target }, null, stop);
        var url = info.GetProperty("targetInfo").GetProperty("url").GetString();
        // A button belongs to a tab, which is a target of its own around the page's.
        var tabs = await _tools.SendAsync("Target.getTargets", new() { ["filter"] = new JsonArray(new JsonObject { ["type"] = "tab" }) }, null, stop);
        var tab = tabs.GetProperty("targetInfos").EnumerateArray().Single(t => t.GetProperty("url").GetString() == url).GetProperty("targetId").GetString();
        await _tools.SendAsync("Extensions.triggerAction", new() { ["id"] = extension, ["targetId"] = tab }, null, stop);
    }

    /// <summary>Allows the extension a host, as a person does in the browser's settings.</summary>
    public async Task AllowHostAsync(string extension, string pattern, CancellationToken stop)
    {
        var settings = await OpenAsync($"chrome://extensions/?id={extension}", stop);
        await settings.UntilAsync("chrome.developerPrivate?.addHostPermission", StartLimit, stop);
        await settings.EvaluateAsync($"chrome.developerPrivate.addHostPermission('{extension}', '{pattern}')", stop);
        await settings.CloseAsync(stop);
    }

    public async ValueTask DisposeAsync()
    {
        await _tools.DisposeAsync();
        await _process.DisposeAsync();
    }
}
