using System.Text.Json;

namespace Swarm.Lab.Harness.Browser;

/// <summary>The extension in a Chromium, as its user reaches it: the popup, opened as a page that says which tab it speaks of.</summary>
internal sealed class ExtensionSeat
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Chromium _browser;

    private ExtensionSeat(Chromium browser, string id, BrowserPage popup) => (_browser, Id, Popup) = (browser, id, popup);

    public string Id { get; }

    public BrowserPage Popup { get; }

    public static async Task<ExtensionSeat> StartAsync(Chromium browser, CancellationToken stop)
    {
        var id = await browser.ExtensionIdAsync(stop);
        return new(browser, id, await browser.OpenAsync($"chrome-extension://{id}/popup.html", stop));
    }

    /// <summary>By the pasted dashboard link, in the options, which stay open.</summary>
    public async Task<BrowserPage> PairAsync(SwarmstreamNode node, CancellationToken stop)
    {
        var options = await _browser.OpenAsync($"chrome-extension://{Id}/options.html", stop);
        await options.UntilAsync("document.getElementById('node').textContent", Patience, stop);
        await options.EvaluateAsync($"document.getElementById('link').value = '{node.Control}#{node.Token}'; document.getElementById('link-form').requestSubmit()", stop);
        await ConnectedAsync(options, stop);
        return options;
    }

    /// <summary>Waits until one of the extension's pages says that the node answers.</summary>
    /// <exception cref="LabException">It does not come to that; with what the page says.</exception>
    public static async Task ConnectedAsync(BrowserPage page, CancellationToken stop)
    {
        if (!await page.UntilAsync("document.getElementById('node').textContent.startsWith('Connected')", Patience, stop))
        {
            throw new LabException($"not connected: {await page.TextAsync("document.getElementById('node').textContent", stop)}");
        }
    }

    /// <summary>Opens the popup for this page, by a press of the extension's button.</summary>
    public async Task ShowAsync(BrowserPage page, CancellationToken stop)
    {
        await _browser.PressActionAsync(Id, page, stop);
        var address = JsonSerializer.Serialize(await page.TextAsync("location.href", stop));
        var tab = "";
        if (!await Poll.UntilAsync(async cancel => (tab = await Popup.TextAsync($"chrome.tabs.query({{}}).then(all => all.find(t => t.url === {address})?.id ?? '')", cancel)).Length > 0, Patience, stop))
        {
            throw new LabException($"the extension sees no tab with {address}");
        }

        // What the button opened closes with the next click elsewhere; the same page in a tab of its own stays.
        await Popup.NavigateAsync($"chrome-extension://{Id}/popup.html?tab={tab}", stop);
        await Popup.UntilAsync("document.getElementById('site-label').textContent", Patience, stop);
    }

    public Task ClickAsync(string id, CancellationToken stop) => Popup.EvaluateAsync($"document.getElementById('{id}').click()", stop);

    public Task<string> TextAsync(string id, CancellationToken stop) => Popup.TextAsync($"document.getElementById('{id}').textContent", stop);

    /// <summary>Whether the element comes to say this, and what it says.</summary>
    public async Task<(bool Holds, string Words)> SaysAsync(string id, string words, CancellationToken stop) =>
        (await Popup.UntilAsync($"document.getElementById('{id}').textContent.includes({JsonSerializer.Serialize(words)})", Patience, stop), await TextAsync(id, stop));
}
