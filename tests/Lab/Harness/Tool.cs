using System.Diagnostics;

namespace Swarm.Lab.Harness;

/// <summary>A third-party program the lab works with: where it is, and its version as it says it itself.</summary>
public sealed record Tool(string Name, string Program, string DebianPackage, IReadOnlyList<string> VersionArguments)
{
    public static readonly Tool Nginx = new("nginx", "/usr/sbin/nginx", "nginx", ["-v"]);
    public static readonly Tool Opentracker = new("opentracker", "/usr/bin/opentracker", "opentracker", []);
    public static readonly Tool Ffmpeg = new("ffmpeg", "/usr/bin/ffmpeg", "ffmpeg", ["-version"]);
    public static readonly Tool Curl = new("curl", "/usr/bin/curl", "curl", ["--version"]);

    public static readonly Tool Wget = new("wget", "/usr/bin/wget", "wget", ["--version"]);
    public static readonly Tool Aria2 = new("aria2", "/usr/bin/aria2c", "aria2", ["--version"]);
    public static readonly Tool Python = new("python", "/usr/bin/python3", "python3", ["--version"]);
    public static readonly Tool Pip = new("pip", "/usr/bin/pip3", "python3-pip", ["--version"]);
    public static readonly Tool Node = new("node", "/usr/bin/node", "nodejs", ["--version"]);
    public static readonly Tool Npm = new("npm", "/usr/bin/npm", "npm", ["--version"]);
    public static readonly Tool Git = new("git", "/usr/bin/git", "git", ["--version"]);
    public static readonly Tool Apt = new("apt-get", "/usr/bin/apt-get", "apt", ["--version"]);
    public static readonly Tool Mpv = new("mpv", "/usr/bin/mpv", "mpv", ["--version"]);
    public static readonly Tool Chromium = new("chromium", "/usr/bin/chromium", "chromium", ["--version"]);
    public static readonly Tool Firefox = new("firefox", "/usr/bin/firefox-esr", "firefox-esr", ["--version"]);
    public static readonly Tool Certutil = new("certutil", "/usr/bin/certutil", "libnss3-tools", []);
    public static readonly Tool Containerd = new("containerd", "/usr/bin/containerd", "containerd", ["--version"]);
    public static readonly Tool Skopeo = new("skopeo", "/usr/bin/skopeo", "skopeo", ["--version"]);
    public static readonly Tool Nft = new("nft", "/usr/sbin/nft", "nftables", ["--version"]);
    public static readonly Tool Wrk = new("wrk", "/usr/bin/wrk", "wrk", []);

    public static readonly Tool Ss = new("ss", "/usr/bin/ss", "iproute2", ["-V"]);
    public static readonly Tool Cc = new("cc", "/usr/bin/cc", "gcc", ["--version"]);
    public static readonly Tool Iperf3 = new("iperf3", "/usr/bin/iperf3", "iperf3", ["--version"]);

    public static readonly Tool Prometheus = new("prometheus", "/usr/bin/prometheus", "prometheus", ["--version"]);
    public static readonly Tool Promtool = new("promtool", "/usr/bin/promtool", "prometheus", ["--version"]);

    /// <summary>Debian's python: the only one that sees Debian's libtorrent.</summary>
    public static readonly Tool Libtorrent = new(
        "libtorrent", "/usr/bin/python3", "python3-libtorrent", ["-c", "import libtorrent; print('libtorrent', libtorrent.version)"]);

    public static readonly Tool Transmission = new("transmission", "/usr/bin/transmission-daemon", "transmission-daemon", ["--version"]);

    public static readonly Tool Qbittorrent = new("qBittorrent", "/usr/bin/qbittorrent-nox", "qbittorrent-nox", ["--version"]);

    /// <summary>It has no version switch, and needs a terminal to say it.</summary>
    public static readonly Tool Rtorrent = new("rtorrent", "/usr/bin/rtorrent", "rtorrent", []);

    private string? _version;

    /// <summary>The first line it says about itself, or null where it is not installed.</summary>
    public string? Version => _version ??= File.Exists(Program) ? Ask() : null;

    private string? Ask()
    {
        // opentracker has no version switch, and wrk's is an error; Debian knows.
        var start = VersionArguments.Count == 0
            ? new ProcessStartInfo("dpkg-query", ["-W", "-f", "${Package} ${Version}\n", DebianPackage])
            : new ProcessStartInfo(Program, VersionArguments);
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using var process = Process.Start(start);
        var said = process!.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? said.Split('\n')[0].Trim() : null;
    }
}
