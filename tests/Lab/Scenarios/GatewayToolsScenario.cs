using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Swarm.Lab.Harness;
using Swarm.Lab.Tools;

namespace Swarm.Lab.Scenarios;

/// <summary>
/// Registries and hubs through <c>/gateway/https/…</c> with the clients people have and one setting each: pip, npm, containerd, and curl, wget and aria2
/// at a model hub. No client trusts the private authority behind, so that one which is led around the gateway fails.
/// </summary>
public sealed class GatewayToolsScenario : IScenario
{
    private static readonly TimeSpan RunLimit = TimeSpan.FromMinutes(3);

    public string Name => "gateway-tools";

    public string Holds => "pip, npm, containerd and downloads from a model hub work through the gateway with one setting, and nothing leads them around it";

    public IReadOnlyList<Tool> Needs => [Tool.Nginx, Tool.Git, Tool.Apt, Tool.Pip, Tool.Npm, Tool.Containerd, Tool.Curl, Tool.Wget, Tool.Aria2];

    public bool IsInCi => false;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var authority = TestCa.Create(bench.NewFolder("ca"));
        using var pem = X509Certificate2.CreateFromPemFile(authority.CertificatePem, authority.KeyPem);
        using var certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        var site = await ToolSite.StartAsync(bench, authority, stop);
        await using var world = new RegistryWorld(site, certificate);
        await using var node = await SwarmstreamNode.StartAsync(bench, stop, null, "--origin-ca", authority.AuthorityPem);
        var gateway = $"http://{node.Proxy}/gateway/https/127.0.0.1:{world.Front.Port}";
        var table = new StringBuilder("| client | setting | bytes | identical |\n|---|---|---|---|\n");

        await TryAsync(Tool.Pip, "--index-url …/simple/", [Tool.Pip.Program, "download", "-q", "--no-cache-dir", "--no-deps", "--index-url", $"{gateway}/simple/", "swarm-demo"],
            folder => Has(folder, RegistryWorld.Wheel, site["wheels/" + RegistryWorld.Wheel]));
        string[] npm = ["npm", "pack", "--silent", "--no-update-notifier", "--registry", $"{gateway}/npm/", "swarm-demo"];
        await TryAsync(Tool.Npm, "--registry …/npm/", npm, folder => Has(folder, RegistryWorld.Tarball, site["tarballs/" + RegistryWorld.Tarball]));
        await TryAsync(Tool.Npm, "again: its document is fresh", npm, folder => Has(folder, RegistryWorld.Tarball, site["tarballs/" + RegistryWorld.Tarball]));
        report.Equal("npm: documents asked of the registry by two runs", world.Front.Requests.Count(r => r.Path == "/npm/swarm-demo"), 1);
        await ContainerdAsync(bench, report, world, gateway, table, stop);

        // Each client has a file of its own: what one got, the node need not ask for again.
        string Model(string client) => $"{gateway}/org/model/resolve/main/{client}/model.bin";
        var signatures = world.Signatures;
        await TryAsync(Tool.Curl, "base URL, HEAD", ["curl", "-sS", "--fail", "-I", "-o", "head.txt", Model("head")], folder => HeadIsRight(folder, world));
        await TryAsync(Tool.Curl, "base URL", ["curl", "-sS", "--fail", "-o", "model.bin", Model("curl")], folder => Has(folder, "model.bin", world.Model));
        await TryAsync(Tool.Curl, "base URL, resumed", ["curl", "-sS", "--fail", "-C", "-", "-o", "model.bin", Model("resumed")], folder => Has(folder, "model.bin", world.Model), before: Half);
        await TryAsync(Tool.Wget, "base URL, resumed", ["wget", "-q", "-c", Model("wget")], folder => Has(folder, "model.bin", world.Model), before: Half);
        await TryAsync(Tool.Aria2, "base URL, four connections", ["aria2c", "-q", "--no-conf", "-x4", "-s4", "-k1M", Model("aria2")], folder => Has(folder, "model.bin", world.Model));
        report.AtLeast("signed redirects the hub gave out for them", world.Signatures - signatures, 5, "");

        bench.Log.WriteLine(table);
        foreach (var (name, server) in new[] { ("registry", world.Front), ("storage", world.Storage) })
        {
            report.AtLeast($"{name}: requests", server.Requests.Count, 1, "");
            report.Equal($"{name}: requests that did not come through the proxy", server.Requests.Count(r => !r.Fields.ContainsKey("Via")), 0);
        }

        report.Equal("storage: requests with a signature that expired", world.Storage.Requests.GroupBy(r => r.Path).Count(g => g.Key.Contains('?', StringComparison.Ordinal) && g.Count() > 1), 0);

        async Task TryAsync(Tool tool, string setting, string[] command, Func<string, long> got, Action<string>? before = null)
        {
            var folder = bench.NewFolder(tool.Name);
            before?.Invoke(folder);
            var (exit, errors) = await RunAsync(bench, folder, command, stop);
            var bytes = exit == 0 ? got(folder) : 0;
            report.True($"{tool.Name}: {setting}", bytes > 0, exit == 0 ? bytes > 0 ? "identical" : "other bytes" : $"exit {exit}: {errors}");
            report.Exchanged(tool, setting, bytes);
            Row(table, tool, setting, bytes);
        }

        void Half(string folder) => File.WriteAllBytes(Path.Combine(folder, "model.bin"), world.Model[..(world.Model.Length / 2)]);
    }

    /// <summary>A daemon of the scenario's own, without anything that would make it run a container.</summary>
    private static async Task ContainerdAsync(Bench bench, Report report, RegistryWorld world, string gateway, StringBuilder table, CancellationToken stop)
    {
        var folder = bench.NewFolder("containerd");
        var socket = Path.Combine(folder, "s");
        var configuration = Path.Combine(folder, "config.toml");
        await File.WriteAllTextAsync(configuration, $"""
            version = 2
            root = "{folder}/root"
            state = "{folder}/state"
            disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt", "io.containerd.internal.v1.tracing", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper"]
            [grpc]
              address = "{socket}"
            """, stop);
        var hosts = Directory.CreateDirectory(Path.Combine(folder, "hosts", "registry.example")).FullName;
        await File.WriteAllTextAsync(Path.Combine(hosts, "hosts.toml"), $"""
            server = "https://registry.example"
            [host."{gateway}/v2"]
              capabilities = ["pull", "resolve"]
              override_path = true
            """, stop);
        await using var daemon = ChildProcess.Start(bench.Reaper, Tool.Containerd.Program, ["--config", configuration], null, folder);
        if (!await Poll.UntilAsync(_ => Task.FromResult(File.Exists(socket)), RunLimit, stop))
        {
            throw new LabException($"containerd does not listen:\n{daemon.Errors}");
        }

        var (exit, errors) = await RunAsync(bench, folder, ["ctr", "-a", socket, "content", "fetch", "--hosts-dir", Path.Combine(folder, "hosts"), "registry.example/library/demo:latest"], stop);
        var (got, more) = exit == 0 ? await RunAsync(bench, folder, ["sh", "-c", "ctr -a \"$0\" content get \"$1\" > layer", socket, world.LayerDigest], stop) : (exit, errors);
        var bytes = got == 0 ? Has(folder, "layer", world.Layer) : 0;
        report.True("containerd: hosts.toml", bytes > 0, got == 0 ? "manifest and layer, identical" : $"exit {got}: {more}");
        report.Exchanged(Tool.Containerd, "hosts.toml", bytes);
        Row(table, Tool.Containerd, "hosts.toml: override_path", bytes);
        await daemon.TerminateAsync(RunLimit);
    }

    private static void Row(StringBuilder table, Tool tool, string setting, long bytes) =>
        table.Append(CultureInfo.InvariantCulture, $"| {tool.Name} | {setting} | {bytes:N0} | {(bytes > 0 ? "yes" : "**no**")} |\n");

    private static async Task<(int Exit, string Errors)> RunAsync(Bench bench, string folder, string[] command, CancellationToken stop)
    {
        var environment = new Dictionary<string, string?> { ["HOME"] = folder };
        foreach (var name in new[] { "http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NODE_EXTRA_CA_CERTS" })
        {
            environment[name] = null;
        }

        await using var process = ChildProcess.Start(bench.Reaper, command[0], command[1..], environment, folder);
        return (await process.WaitForExitAsync(RunLimit, stop), process.Errors);
    }

    /// <summary>The length of the file if it is the one wanted, else 0.</summary>
    private static long Has(string folder, string name, byte[] wanted)
    {
        var file = Path.Combine(folder, name);
        return File.Exists(file) && File.ReadAllBytes(file).AsSpan().SequenceEqual(wanted) ? wanted.Length : 0;
    }

    /// <summary>The hub's facts stay, and what would lead past the gateway does not.</summary>
    private static long HeadIsRight(string folder, RegistryWorld world)
    {
        var head = File.ReadAllText(Path.Combine(folder, "head.txt"));
        bool Says(string field) => head.Contains(field, StringComparison.OrdinalIgnoreCase);
        return Says($"X-Linked-Size: {world.Model.Length}") && Says("X-Repo-Commit: c0ffee") && !Says("Location:") && !Says("X-Xet-") && !Says("Link: ") ? head.Length : 0;
    }
}
