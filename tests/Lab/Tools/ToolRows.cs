using System.Globalization;
using Swarm.Lab.Harness;

namespace Swarm.Lab.Tools;

/// <summary>The tools of the table, in its order.</summary>
public static class ToolRows
{
    private const int NodeWithProxyVariables = 24;

    /// <summary>Few seconds, and what every machine of ours has.</summary>
    public static IReadOnlyList<ToolRow> Small { get; } = [Curl(), Wget(), Python()];

    public static IReadOnlyList<ToolRow> All { get; } = [Curl(), Wget(), Aria2(), Python(), Pip(), Npm(), Node(), Git(), Apt(), Ffmpeg(), Mpv(), Chromium()];

    private static ToolRow Curl() => new(Tool.Curl, static run => ["curl", "-sS", "--fail", "-O", $"{run.Base}/file.bin"], static run => run.Has("file.bin", "file.bin"));

    private static ToolRow Wget() => new(Tool.Wget, static run => ["wget", "-q", $"{run.Base}/file.bin"], static run => run.Has("file.bin", "file.bin"));

    /// <summary>aria2 has no variable for roots: the one setting it needs is typed.</summary>
    private static ToolRow Aria2() => new(
        Tool.Aria2, static run => ["sh", "-c", "aria2c -q --no-conf -x4 -s4 -k1M --ca-certificate=\"$SSL_CERT_FILE\" \"$0\"", $"{run.Base}/file.bin"], static run => run.Has("file.bin", "file.bin"));

    private static ToolRow Python() => new(
        Tool.Python,
        static run => ["/usr/bin/python3", "-c", "import sys,urllib.request as u; open('file.bin','wb').write(u.urlopen(sys.argv[1]).read())", $"{run.Base}/file.bin"],
        static run => run.Has("file.bin", "file.bin"));

    private static ToolRow Pip() => new(
        Tool.Pip,
        static run => [Tool.Pip.Program, "download", "-q", "--no-cache-dir", "--no-deps", "--index-url", $"{run.Base}/simple/", "swarm-demo"],
        static run => run.Has("swarm_demo-1.0-py3-none-any.whl", "wheels/swarm_demo-1.0-py3-none-any.whl"));

    private static ToolRow Npm() => new(
        Tool.Npm,
        static run => ["npm", "pack", "--silent", "--no-update-notifier", "--cache", run.In("cache"), "--registry", $"{run.Base}/npm-{(run.IsHttps ? "https" : "http")}/", "swarm-demo"],
        static run => run.Has("swarm-demo-1.0.0.tgz", "tarballs/swarm-demo-1.0.0.tgz"));

    private static ToolRow Node() => new(
        Tool.Node,
        static run => ["node", "-e", "fetch(process.argv[1]).then(r=>r.arrayBuffer()).then(b=>require('fs').writeFileSync('file.bin',Buffer.from(b)))", $"{run.Base}/file.bin"],
        static run => run.Has("file.bin", "file.bin"))
    {
        Unable = static () => int.Parse(Tool.Node.Version!.TrimStart('v').Split('.')[0], CultureInfo.InvariantCulture) < NodeWithProxyVariables
            ? $"its fetch knows no proxy variables before {NodeWithProxyVariables}"
            : null,
    };

    private static ToolRow Git() => new(
        Tool.Git, static run => ["git", "clone", "-q", $"{run.Base}/repo.git", "clone"], static run => run.Has("clone/data.bin", "repo.git"));

    private static ToolRow Apt() => new(
        Tool.Apt,
        static run =>
        {
            var apt = new AptFolder(run.Folder);
            return [apt.Command("update"), apt.Command("download", "swarm-demo")];
        },
        static run => run.Has("swarm-demo_1.0_all.deb", "apt/swarm-demo.deb"))
    {
        Before = static run => File.WriteAllText(AptFolder.Make(run.Folder).SourceList, $"deb [trusted=yes] {run.Base}/apt ./\n"),
    };

    private static ToolRow Ffmpeg() => new(
        Tool.Ffmpeg,
        static run => ["ffmpeg", "-v", "error", "-i", $"{run.Base}/film.mp4", "-c", "copy", "-f", "streamhash", "remote.txt"],
        static run => File.Exists(run.In("remote.txt")) && File.ReadAllText(run.In("remote.txt")) == HashesOf(run.Site["film.mp4"], run));

    private static ToolRow Mpv() => new(
        Tool.Mpv,
        static run => ["mpv", "--no-config", "--really-quiet", "--stream-dump=film.mp4", $"{run.Base}/film.mp4"],
        static run => run.Has("film.mp4", "film.mp4"));

    /// <summary>Chromium trusts what its own database holds and leaves loopback out unless told otherwise.</summary>
    private static ToolRow Chromium() => new(
        Tool.Chromium,
        static run =>
        [
            ["sh", "-c", "mkdir -p \"$HOME/.pki/nssdb\" && certutil -d \"sql:$HOME/.pki/nssdb\" -N --empty-password && certutil -d \"sql:$HOME/.pki/nssdb\" -A -t C,, -n swarmstream -i \"$0\"", run.In("ca.pem")],
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", $"--user-data-dir={run.In("profile")}", "--virtual-time-budget=20000", "--dump-dom", $"{run.Base}/page.html"],
        ],
        static run => run.Output.Contains(RegistryWorld.DigestOf(run.Site["file.bin"]), StringComparison.Ordinal))
    {
        Direct = "<-loopback>",
    };

    private static string HashesOf(byte[] film, ToolRun run)
    {
        File.WriteAllBytes(run.In("local.mp4"), film);
        using var ffmpeg = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(Tool.Ffmpeg.Program, ["-v", "error", "-i", run.In("local.mp4"), "-c", "copy", "-f", "streamhash", run.In("local.txt")]))!;
        ffmpeg.WaitForExit();
        return File.ReadAllText(run.In("local.txt"));
    }
}
