using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Swarm.Lab.Harness.Browser;

/// <summary>Debian's Firefox ESR without a window, driven by Marionette: netstrings of JSON on a socket, one answer for one command.</summary>
public sealed class Firefox : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);

    private readonly ChildProcess _process;
    private readonly NetworkStream _stream;
    private int _last;

    private Firefox(ChildProcess process, NetworkStream stream) => (_process, _stream) = (process, stream);

    /// <param name="extensionId">The extension's own id; its pages then have <paramref name="uuid"/> for a host.</param>
    public static async Task<Firefox> StartAsync(Bench bench, string extensionId, Guid uuid, CancellationToken stop)
    {
        var home = bench.NewFolder("firefox");
        var profile = Directory.CreateDirectory(Path.Combine(home, "profile")).FullName;
        var uuids = JsonSerializer.Serialize(JsonSerializer.Serialize(new Dictionary<string, string> { [extensionId] = uuid.ToString() }));
        await File.WriteAllTextAsync(Path.Combine(profile, "user.js"), $"""
            user_pref("marionette.port", 0);
            user_pref("extensions.webextensions.uuids", {uuids});
            user_pref("datareporting.policy.dataSubmissionEnabled", false);
            user_pref("app.normandy.enabled", false);
            user_pref("browser.shell.checkDefaultBrowser", false);
            user_pref("network.captive-portal-service.enabled", false);
            user_pref("network.connectivity-service.enabled", false);
            user_pref("media.autoplay.default", 0);
            """, stop);
        var process = bench.Own(ChildProcess.Start(bench.Reaper, Tool.Firefox.Program, ["--headless", "--marionette", "--remote-allow-system-access", "--no-remote", "--profile", profile],
            new Dictionary<string, string?> { ["HOME"] = home, ["MOZ_HEADLESS"] = "1", ["LANG"] = "C.UTF-8", ["http_proxy"] = null, ["https_proxy"] = null }));
        var portFile = Path.Combine(profile, "MarionetteActivePort");
        var port = 0;
        var listens = await Poll.UntilAsync(
            async cancel => !process.HasExited && File.Exists(portFile) && int.TryParse(await File.ReadAllTextAsync(portFile, cancel), out port), StartLimit, stop);
        if (!listens)
        {
            throw new LabException($"firefox does not start:\n{process.Errors}");
        }

        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), stop);
        var firefox = bench.Own(new Firefox(process, new NetworkStream(socket, ownsSocket: true)));
        await firefox.ReadAsync(stop); // its greeting
        await firefox.SendAsync("WebDriver:NewSession", [], stop);
        return firefox;
    }

    /// <summary>Loads an extension until the browser ends; gives the id it has.</summary>
    public async Task<string> InstallAsync(string path, CancellationToken stop) =>
        (await SendAsync("Addon:Install", new() { ["path"] = path, ["temporary"] = true }, stop)).GetProperty("value").GetString()!;

    /// <summary>Opens a page as a person does who types its address: WebDriver's own navigation is kept from pages of extensions.</summary>
    public async Task OpenAsync(string url, CancellationToken stop)
    {
        await SendAsync("Marionette:SetContext", new() { ["value"] = "chrome" }, stop);
        await TextAsync($"""
            Services.wm.getMostRecentWindow('navigator:browser').gBrowser.selectedBrowser.fixupAndLoadURIString('{url}', {"{"} triggeringPrincipal: Services.scriptSecurityManager.getSystemPrincipal() {"}"});
            return 'opened';
            """, stop);
        await SendAsync("Marionette:SetContext", new() { ["value"] = "content" }, stop);
        if (!await UntilAsync($"return document.readyState === 'complete' && location.href === '{url}'", StartLimit, stop))
        {
            throw new LabException($"firefox does not open {url}");
        }
    }

    /// <summary>A tab beside the others, which becomes the one that is spoken with; gives its handle.</summary>
    public async Task<string> NewTabAsync(CancellationToken stop)
    {
        var handle = (await SendAsync("WebDriver:NewWindow", new() { ["type"] = "tab", ["focus"] = true }, stop)).GetProperty("handle").GetString()!;
        await SwitchToAsync(handle, stop);
        return handle;
    }

    public async Task<string> TabAsync(CancellationToken stop) => (await SendAsync("WebDriver:GetWindowHandle", [], stop)).GetProperty("value").GetString()!;

    public Task SwitchToAsync(string tab, CancellationToken stop) => SendAsync("WebDriver:SwitchToWindow", new() { ["handle"] = tab, ["focus"] = true }, stop);

    /// <summary>A person's click, which browsers tell from one that a script makes.</summary>
    public async Task ClickAsync(string id, CancellationToken stop)
    {
        var found = (await SendAsync("WebDriver:FindElement", new() { ["using"] = "css selector", ["value"] = "#" + id }, stop)).GetProperty("value").EnumerateObject().First();
        await SendAsync("WebDriver:ElementClick", new() { ["id"] = found.Value.GetString() }, stop);
    }

    /// <summary>What a function body returns in the page, as text.</summary>
    public async Task<string> TextAsync(string body, CancellationToken stop) =>
        (await SendAsync("WebDriver:ExecuteScript", new() { ["script"] = body, ["args"] = new JsonArray() }, stop)).GetProperty("value").ToString();

    public Task<bool> UntilAsync(string body, TimeSpan limit, CancellationToken stop) =>
        Poll.UntilAsync(
            async cancel =>
            {
                try
                {
                    return await TextAsync(body, cancel) == bool.TrueString;
                }
                catch (LabException)
                {
                    return false; // between two pages there is none
                }
            },
            limit,
            stop);

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        await _process.DisposeAsync();
    }

    private async Task<JsonElement> SendAsync(string command, JsonObject parameters, CancellationToken stop)
    {
        var text = new JsonArray(0, ++_last, command, parameters).ToJsonString();
        await _stream.WriteAsync(Encoding.UTF8.GetBytes($"{Encoding.UTF8.GetByteCount(text)}:{text}"), stop);
        var answer = await ReadAsync(stop);
        return answer[2].ValueKind == JsonValueKind.Null ? answer[3] : throw new LabException($"{command}: {answer[2]}");
    }

    private async Task<JsonElement> ReadAsync(CancellationToken stop)
    {
        var one = new byte[1];
        var length = 0;
        while (true)
        {
            await _stream.ReadExactlyAsync(one, stop);
            if (one[0] == (byte)':')
            {
                break;
            }

            length = (length * 10) + one[0] - '0';
        }

        var body = new byte[length];
        await _stream.ReadExactlyAsync(body, stop);
        using var json = JsonDocument.Parse(body);
        return json.RootElement.Clone();
    }
}
