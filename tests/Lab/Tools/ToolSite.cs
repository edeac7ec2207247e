using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Swarm.Lab.Harness;

namespace Swarm.Lab.Tools;

/// <summary>One origin with something for each tool: a file, a page, a film, a Python index, an npm registry, a git repository, a Debian repository.</summary>
public sealed class ToolSite
{
    private const int FileBytes = 3_000_000;
    private const int PackageBytes = 200_000;

    private readonly Nginx _nginx;
    private readonly Dictionary<string, byte[]> _content = [];

    private ToolSite(Nginx nginx) => _nginx = nginx;

    public Nginx Origin => _nginx;

    /// <summary>By name with https: npm takes no certificate for an address.</summary>
    public string BaseOf(bool https) => https ? $"https://localhost:{_nginx.TlsPort}/plain" : $"http://127.0.0.1:{_nginx.Port}/plain";

    /// <summary>What the origin has under a path below <see cref="BaseOf"/>.</summary>
    public byte[] this[string path] => _content[path];

    public static async Task<ToolSite> StartAsync(Bench bench, TestCa authority, CancellationToken stop)
    {
        var site = new ToolSite(await Nginx.StartAsync(bench, authority, stop));
        var noise = new Random(5);
        site.Put("file.bin", Noise(noise, FileBytes));
        site.Put("direct.bin", Noise(noise, PackageBytes));
        site.Put("film.mp4", File.ReadAllBytes(Path.Combine(Repository.Root, "proxy", "Host", "Demo", "clip.mp4")));
        site.Put("page.html", Encoding.ASCII.GetBytes(Page));
        site.PutWheel(Noise(noise, PackageBytes));
        site.PutNpm(Noise(noise, PackageBytes));
        await site.PutGitAsync(bench, Noise(noise, PackageBytes), stop);
        await site.PutDebAsync(bench, Noise(noise, PackageBytes), stop);
        return site;
    }

    /// <summary>The page fetches the file and says its hash, as a page that uses it would have its bytes.</summary>
    private const string Page = """
        <!doctype html><title>.</title><pre id="hash"></pre><script>
        fetch('file.bin').then(r => r.arrayBuffer()).then(b => crypto.subtle.digest('SHA-256', b)).then(d => {
          document.getElementById('hash').textContent = 'sha256:' + [...new Uint8Array(d)].map(b => b.toString(16).padStart(2, '0')).join('');
        });
        </script>
        """;

    private static byte[] Noise(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private void Put(string path, byte[] content)
    {
        _content[path] = content;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_nginx.Root, "plain", path))!);
        _nginx.Publish("plain/" + path, content);
    }

    private void PutWheel(byte[] data)
    {
        using var buffer = new MemoryStream();
        using (var zip = new ZipArchive(buffer, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add("swarm_demo/data.bin", data);
            Add("swarm_demo-1.0.dist-info/METADATA", Encoding.ASCII.GetBytes("Metadata-Version: 2.1\nName: swarm-demo\nVersion: 1.0\n"));
            Add("swarm_demo-1.0.dist-info/WHEEL", Encoding.ASCII.GetBytes("Wheel-Version: 1.0\nGenerator: lab\nRoot-Is-Purelib: true\nTag: py3-none-any\n"));
            Add("swarm_demo-1.0.dist-info/RECORD", []);

            void Add(string name, byte[] content)
            {
                using var entry = zip.CreateEntry(name).Open();
                entry.Write(content);
            }
        }

        const string Name = "swarm_demo-1.0-py3-none-any.whl";
        Put("wheels/" + Name, buffer.ToArray());
        var hash = Convert.ToHexStringLower(SHA256.HashData(buffer.ToArray()));
        Put("simple/swarm-demo/index.html", Encoding.ASCII.GetBytes($"<!doctype html><a href=\"../../wheels/{Name}#sha256={hash}\">{Name}</a>"));
    }

    private void PutNpm(byte[] data)
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip, TarEntryFormat.Ustar))
        {
            Add("package/package.json", Encoding.ASCII.GetBytes("{\"name\":\"swarm-demo\",\"version\":\"1.0.0\"}"));
            Add("package/data.bin", data);

            void Add(string name, byte[] content) => tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
        }

        Put("tarballs/swarm-demo-1.0.0.tgz", buffer.ToArray());
        foreach (var https in new[] { false, true })
        {
            // npm's links are absolute.
            Put($"npm-{(https ? "https" : "http")}/swarm-demo", NpmDocument($"{BaseOf(https)}/tarballs/swarm-demo-1.0.0.tgz", buffer.ToArray()));
        }
    }

    /// <summary>What an npm registry says about a package of one version.</summary>
    public static byte[] NpmDocument(string link, byte[] tarball)
    {
        var version = new JsonObject
        {
            ["name"] = "swarm-demo",
            ["version"] = "1.0.0",
            ["dist"] = new JsonObject { ["tarball"] = link, ["integrity"] = "sha512-" + Convert.ToBase64String(SHA512.HashData(tarball)) },
        };
        return Encoding.UTF8.GetBytes(new JsonObject
        {
            ["name"] = "swarm-demo",
            ["dist-tags"] = new JsonObject { ["latest"] = "1.0.0" },
            ["versions"] = new JsonObject { ["1.0.0"] = version },
        }.ToJsonString());
    }

    private async Task PutGitAsync(Bench bench, byte[] data, CancellationToken stop)
    {
        var work = bench.NewFolder("git");
        await File.WriteAllBytesAsync(Path.Combine(work, "data.bin"), data, stop);
        await MakeAsync(work, ["git", "init", "-q"], stop);
        await MakeAsync(work, ["git", "add", "."], stop);
        await MakeAsync(work, ["git", "-c", "user.name=lab", "-c", "user.email=lab@example.org", "commit", "-q", "-m", "one"], stop);
        var bare = Path.Combine(_nginx.Root, "plain", "repo.git");
        await MakeAsync(work, ["git", "clone", "-q", "--bare", work, bare], stop);
        await MakeAsync(bare, ["git", "update-server-info"], stop); // for http without a program behind it
        _content["repo.git"] = data;
    }

    private async Task PutDebAsync(Bench bench, byte[] data, CancellationToken stop)
    {
        var tree = bench.NewFolder("deb");
        Directory.CreateDirectory(Path.Combine(tree, "DEBIAN"));
        const string Control = "Package: swarm-demo\nVersion: 1.0\nArchitecture: all\nMaintainer: lab <lab@example.org>\nDescription: nothing\n";
        await File.WriteAllTextAsync(Path.Combine(tree, "DEBIAN", "control"), Control, stop);
        await File.WriteAllBytesAsync(Path.Combine(tree, "data.bin"), data, stop);
        var file = Path.Combine(bench.NewFolder("built"), "swarm-demo.deb");
        await MakeAsync(tree, ["dpkg-deb", "--build", "--root-owner-group", tree, file], stop);
        var deb = await File.ReadAllBytesAsync(file, stop);
        Put("apt/swarm-demo.deb", deb);
        Put("apt/Packages", Encoding.ASCII.GetBytes($"{Control}Filename: ./swarm-demo.deb\nSize: {deb.Length}\nSHA256: {Convert.ToHexStringLower(SHA256.HashData(deb))}\n\n"));
    }

    private static async Task MakeAsync(string folder, string[] command, CancellationToken stop)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { WorkingDirectory = folder, RedirectStandardError = true, RedirectStandardOutput = true })!;
        var said = process.StandardError.ReadToEndAsync(stop);
        await process.StandardOutput.ReadToEndAsync(stop);
        await process.WaitForExitAsync(stop);
        if (process.ExitCode != 0)
        {
            throw new LabException($"{string.Join(' ', command)}: {await said}");
        }
    }
}
