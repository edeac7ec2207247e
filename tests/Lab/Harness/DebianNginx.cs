using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Swarm.Lab.Harness.Network;

namespace Swarm.Lab.Harness;

/// <summary>
/// Debian's nginx as Debian configures it: its own nginx.conf and default site, of which only the places are other ones, so that it
/// runs beside that of this machine. A site's owner adds one line, the include of what <c>seed --nginx</c> prints.
/// </summary>
public sealed partial class DebianNginx : IAsyncDisposable
{
    private const string Configuration = "/etc/nginx/nginx.conf";
    private const string DefaultSite = "/etc/nginx/sites-available/default";

    private readonly ChildProcess _process;
    private readonly LabHost _host;
    private readonly Bench _bench;
    private readonly string _folder;

    private DebianNginx(Bench bench, LabHost host, string folder, ChildProcess process) => (_bench, _host, _folder, _process) = (bench, host, folder, process);

    public Uri Url => new($"http://{_host.Address}/");

    private string SiteFile => Path.Combine(_folder, "sites-enabled", "default");

    /// <param name="root">The folder it serves; its user, www-data, must be able to read it.</param>
    public static async Task<DebianNginx> StartAsync(Bench bench, LabHost host, string root, CancellationToken stop)
    {
        var folder = bench.NewFolder("debian-nginx");
        Directory.CreateDirectory(Path.Combine(folder, "sites-enabled"));
        File.SetUnixFileMode(bench.Folder, File.GetUnixFileMode(bench.Folder) | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        await File.WriteAllTextAsync(Path.Combine(folder, "nginx.conf"), (await File.ReadAllTextAsync(Configuration, stop))
            .Replace("/run/nginx.pid", Path.Combine(folder, "pid"), StringComparison.Ordinal)
            .Replace("/var/log/nginx/", folder + "/", StringComparison.Ordinal)
            .Replace("/etc/nginx/sites-enabled/", Path.Combine(folder, "sites-enabled") + "/", StringComparison.Ordinal), stop);
        // There is no IPv6 in the lab's network.
        await File.WriteAllTextAsync(Path.Combine(folder, "sites-enabled", "default"), (await File.ReadAllTextAsync(DefaultSite, stop))
            .Replace("root /var/www/html;", $"root {root};", StringComparison.Ordinal)
            .Replace("\tlisten [::]:80 default_server;", "", StringComparison.Ordinal), stop);
        var (program, inside) = host.Inside(Tool.Nginx.Program, ["-c", Path.Combine(folder, "nginx.conf"), "-g", "daemon off;"]);
        var process = ChildProcess.Start(bench.Reaper, program, inside);
        var nginx = bench.Own(new DebianNginx(bench, host, folder, process));
        await Poll.UntilListensAsync("nginx", new IPEndPoint(host.Address, 80), process, host.NewSocket, stop);
        return nginx;
    }

    /// <summary>Adds an include at the end of the site's server block, tests the configuration and reloads, as its owner does.</summary>
    public async Task IncludeAsync(string snippet, CancellationToken stop)
    {
        var file = Path.Combine(_folder, "swarmstream.conf");
        await File.WriteAllTextAsync(file, snippet, stop);
        var site = await File.ReadAllTextAsync(SiteFile, stop);
        var end = site.IndexOf("\n}", StringComparison.Ordinal);
        await File.WriteAllTextAsync(SiteFile, $"{site[..end]}\n\tinclude {file};{site[end..]}", stop);
        foreach (var command in new[] { "-t", "-sreload" })
        {
            var (program, inside) = _host.Inside(Tool.Nginx.Program, ["-c", Path.Combine(_folder, "nginx.conf"), command]);
            await using var process = ChildProcess.Start(_bench.Reaper, program, inside);
            if (await process.WaitForExitAsync(TimeSpan.FromSeconds(30), stop) != 0)
            {
                throw new LabException($"nginx {command}: {process.Errors}");
            }
        }
    }

    /// <summary>Bytes of the bodies it sent of a path, by its own access log.</summary>
    public long SentOf(string path) => SentByAgent(path).Sum(static a => a.Value);

    /// <summary>The same by who asked: the first word of User-Agent.</summary>
    public IReadOnlyDictionary<string, long> SentByAgent(string path)
    {
        using var log = new StreamReader(new FileStream(Path.Combine(_folder, "access.log"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return log.ReadToEnd().Split('\n').Select(l => CombinedLine().Match(l)).Where(m => m.Success && m.Groups[1].Value == path)
            .GroupBy(static m => m.Groups[3].Value, static m => long.Parse(m.Groups[2].Value, CultureInfo.InvariantCulture))
            .ToDictionary(static g => g.Key, static g => g.Sum(), StringComparer.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        // The master ends its workers, which the kernel does not.
        await _process.TerminateAsync(TimeSpan.FromSeconds(10));
        await _process.DisposeAsync();
    }

    [GeneratedRegex("""^\S+ \S+ \S+ \[[^]]*\] "\S+ ([^ "?]+)[^"]*" \d+ (\d+) "[^"]*" "([^ "/]*)""")]
    private static partial Regex CombinedLine();
}
