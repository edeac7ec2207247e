using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Swarm.Lab.Harness;
using Swarm.Lab.Tools;

namespace Swarm.Lab.Scenarios;

/// <summary>
/// Registries and hubs through <c>/gateway/https/…</c> with the clients people have and the example files of the repository: pip, npm, containerd, skopeo, apt,
/// and curl, wget and aria2 at a model hub; then apt, git and curl whose files name the proxy. No client trusts the private authority behind, so that one which is led around the gateway fails.
/// </summary>
public sealed class GatewayToolsScenario : IScenario
{
    private static readonly TimeSpan RunLimit = TimeSpan.FromMinutes(3);

    public string Name => "gateway-tools";

    public string Holds => "pip, npm, containerd, skopeo, apt and downloads from a model hub work through the node with the example files, and nothing leads them around it";

    public IReadOnlyList<Tool> Needs => [Tool.Nginx, Tool.Git, Tool.Apt, Tool.Pip, Tool.Npm, Tool.Containerd, Tool.Skopeo, Tool.Curl, Tool.Wget, Tool.Aria2];

    public bool IsInCi => false;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var authority = TestCa.Create(bench.NewFolder("ca"));
        using var pem = X509Certificate2.CreateFromPemFile(authority.CertificatePem, authority.KeyPem);
        using var certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        var site = await ToolSite.StartAsync(bench, authority, stop);
        await using var world = new RegistryWorld(site, certificate);
        var log = Path.Combine(bench.NewFolder("log"), "access.json");
        await using var node = await SwarmstreamNode.StartAsync(
            bench, stop, null, "--allow-target", "localhost", "--origin-ca", authority.AuthorityPem, "--gateway-root", $"127.0.0.1:{world.Front.Port}", "--access-log", log, "--access-log-format", "json");
        var examples = new ExampleFiles($"{node.Proxy}");
        var hub = examples.Read("hub.env", ("huggingface.co", $"127.0.0.1:{world.Front.Port}")).Split('\n').Single(l => l.StartsWith("HF_ENDPOINT=", StringComparison.Ordinal))["HF_ENDPOINT=".Length..];
        var table = new StringBuilder("| client | setting | bytes | identical |\n|---|---|---|---|\n");

        var front = $"127.0.0.1:{world.Front.Port}";
        await TryAsync(Tool.Pip, "swarmstream-pip.conf", ["env", "PIP_CONFIG_FILE=swarmstream-pip.conf", Tool.Pip.Program, "download", "-q", "--no-cache-dir", "--no-deps", "swarm-demo"],
            folder => Has(folder, RegistryWorld.Wheel, site["wheels/" + RegistryWorld.Wheel]), folder => examples.Put(folder, "swarmstream-pip.conf", ("pypi.org", front)));
        string[] npm = ["npm", "pack", "--silent", "--no-update-notifier", "--userconfig", "npmrc", "swarm-demo"];
        void Npmrc(string folder) => examples.Put(folder, "npmrc", ("https/registry.npmjs.org/", $"https/{front}/npm/"));
        await TryAsync(Tool.Npm, "npmrc", npm, folder => Has(folder, RegistryWorld.Tarball, site["tarballs/" + RegistryWorld.Tarball]), Npmrc);
        await TryAsync(Tool.Npm, "npmrc, again: its document is fresh", npm, folder => Has(folder, RegistryWorld.Tarball, site["tarballs/" + RegistryWorld.Tarball]), Npmrc);
        report.Equal("npm: documents asked of the registry by two runs", world.Front.Requests.Count(r => r.Path == "/npm/swarm-demo"), 1);
        await ContainerdAsync(bench, report, world, examples, table, stop);
        await TryAsync(
            Tool.Skopeo, "registries.conf, --gateway-root", ["skopeo", "--insecure-policy", "copy", "-q", "docker://docker.io/library/demo:latest", "dir:image"],
            folder => Has(folder, Path.Combine("image", world.LayerDigest[RegistryWorld.DigestPrefix.Length..]), world.Layer), folder => examples.Put(Directory.CreateDirectory(Path.Combine(folder, ".config", "containers")).FullName, "registries.conf"));
        report.True("docker's daemon.json names the node", JsonDocument.Parse(examples.Read("daemon.json")).RootElement.GetProperty("registry-mirrors")[0].GetString() == $"http://{node.Proxy}", "as a registry mirror");
        await AptGitCurlAsync();

        // Each client has a file of its own: what one got, the node need not ask for again.
        string Model(string client) => $"{hub}/org/model/resolve/main/{client}/model.bin";
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

        // A client that could get there around the node says by its target what the node's log has to show.
        async Task TryAsync(Tool tool, string setting, string[] command, Func<string, long> got, Action<string>? before = null, string? target = null)
        {
            var folder = bench.NewFolder(tool.Name);
            before?.Invoke(folder);
            var (exit, errors) = await RunAsync(bench, folder, command, stop);
            var bytes = exit == 0 ? got(folder) : 0;
            var came = bytes > 0 && target is not null ? await ProxyLog.MoreAsync(log, target, 0, stop) : bytes;
            report.True($"{tool.Name}: {setting}", came > 0, exit != 0 ? $"exit {exit}: {errors}" : bytes == 0 ? "other bytes" : came > 0 ? "identical" : "not through the node");
            bytes = came;
            report.Exchanged(tool, setting, bytes);
            Row(table, tool, setting, bytes);
        }

        // By the site's own http URLs, through the proxy that the tool's file names.
        async Task AptGitCurlAsync()
        {
            var plain = $"http://localhost:{site.Origin.Port}/plain";
            IReadOnlyList<string> Apt(string folder, string action) => new AptFolder(folder).Command(action.Split(' '));
            long GotDeb(string folder) => Has(folder, "swarm-demo_1.0_all.deb", site["apt/swarm-demo.deb"]);
            await TryAsync(
                Tool.Apt, "swarmstream.sources", ["sh", "-c", string.Join(' ', [.. Apt(".", "update"), "&&", .. Apt(".", "download swarm-demo")])], GotDeb,
                folder => examples.Put(AptFolder.Make(folder).SourceParts, "swarmstream.sources",
                    ("deb.debian.org/debian", $"localhost:{site.Origin.TlsPort}/plain/apt"), ("Suites: stable stable-updates\nComponents: main\n", "Suites: ./\n"), ("Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg", "Trusted: yes")));
            await TryAsync(
                Tool.Apt, "90swarmstream", ["sh", "-c", string.Join(' ', [.. Apt(".", "-c=90swarmstream update"), "&&", .. Apt(".", "-c=90swarmstream download swarm-demo")])], GotDeb,
                folder =>
                {
                    File.WriteAllText(AptFolder.Make(folder).SourceList, $"deb [trusted=yes] {plain}/apt ./\n");
                    examples.Put(folder, "90swarmstream");
                }, $"{plain}/apt");
            await TryAsync(Tool.Git, "gitconfig", ["env", "GIT_CONFIG_GLOBAL=gitconfig", "git", "clone", "-q", $"{plain}/repo.git", "clone"],
                folder => Has(folder, "clone/data.bin", site["repo.git"]), folder => examples.Put(folder, "gitconfig"), $"{plain}/repo.git");
            await TryAsync(Tool.Curl, "curlrc", ["curl", "-sS", "--fail", "-K", "curlrc", "-O", $"{plain}/file.bin"],
                folder => Has(folder, "file.bin", site["file.bin"]), folder => examples.Put(folder, "curlrc", ("noproxy = localhost,", "noproxy = ")), $"{plain}/file.bin");
        }

        void Half(string folder) => File.WriteAllBytes(Path.Combine(folder, "model.bin"), world.Model[..(world.Model.Length / 2)]);
    }

    /// <summary>A daemon of the scenario's own, without anything that would make it run a container.</summary>
    private static async Task ContainerdAsync(Bench bench, Report report, RegistryWorld world, ExampleFiles examples, StringBuilder table, CancellationToken stop)
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
        examples.Put(Directory.CreateDirectory(Path.Combine(folder, "hosts", "registry.example")).FullName, "hosts.toml",
            ("https/registry-1.docker.io", $"https/127.0.0.1:{world.Front.Port}"), ("https://registry-1.docker.io", "https://registry.example"));
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
        Row(table, Tool.Containerd, "hosts.toml", bytes);
        await daemon.TerminateAsync(RunLimit);
    }

    private static void Row(StringBuilder table, Tool tool, string setting, long bytes) =>
        table.Append(CultureInfo.InvariantCulture, $"| {tool.Name} | {setting} | {bytes:N0} | {(bytes > 0 ? "yes" : "**no**")} |\n");

    private static async Task<(int Exit, string Errors)> RunAsync(Bench bench, string folder, string[] command, CancellationToken stop)
    {
        var environment = new Dictionary<string, string?> { ["HOME"] = folder };
        foreach (var name in new[] { "http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "NODE_EXTRA_CA_CERTS", "PIP_INDEX_URL", "PIP_NO_INDEX", "PIP_FIND_LINKS", "npm_config_registry" })
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
