using System.Text.Json;
using Swarm.Lab.Harness;
using Swarm.Lab.Harness.Browser;

namespace Swarm.Lab.Scenarios;

/// <summary>The same extension in Firefox ESR: it loads, its background runs, and it pairs with a node by the dashboard's link.</summary>
public sealed class FirefoxScenario : IScenario
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public string Name => "extension-firefox";

    public string Holds => "Firefox ESR loads the extension, which pairs with a node and says how it stands";

    public IReadOnlyList<Tool> Needs => [Tool.Firefox];

    public bool IsInCi => false;

    public string? Lacks => ExtensionFolder.Missing;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var node = await SwarmstreamNode.StartAsync(bench, stop);
        using var manifest = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(ExtensionFolder.Firefox, "manifest.json"), stop));
        var id = manifest.RootElement.GetProperty("browser_specific_settings").GetProperty("gecko").GetProperty("id").GetString()!;
        var uuid = Guid.NewGuid();
        var firefox = await Firefox.StartAsync(bench, id, uuid, stop);
        report.Equal("loaded as", await firefox.InstallAsync(ExtensionFolder.Firefox, stop), id);

        await firefox.OpenAsync($"moz-extension://{uuid}/options.html", stop);
        var unpaired = await firefox.UntilAsync("return document.getElementById('node').textContent.startsWith('Not connected')", Patience, stop);
        report.True("options: not paired yet", unpaired, await WordsAsync());
        await firefox.TextAsync($"""
            document.getElementById('link').value = '{node.Control}#{node.Token}';
            document.getElementById('link-form').requestSubmit();
            return 'sent';
            """, stop);
        var paired = await firefox.UntilAsync("return document.getElementById('node').textContent.startsWith('Connected')", Patience, stop);
        report.True("options: paired by the dashboard's link", paired, await WordsAsync());
        report.Exchanged(Tool.Firefox, "status it was told", node.Ready.Length);
        await node.TerminateAsync();
        await firefox.OpenAsync($"moz-extension://{uuid}/popup.html", stop);
        var gone = await firefox.UntilAsync("return document.getElementById('node').textContent.startsWith('No node answers')", Patience, stop);
        report.True("popup: the node is gone", gone, await WordsAsync());

        Task<string> WordsAsync() => firefox.TextAsync("return document.getElementById('node').textContent", stop);
    }
}
