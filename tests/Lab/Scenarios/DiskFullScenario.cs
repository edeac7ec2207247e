using System.Diagnostics;
using Swarm.Lab.Harness;
using Swarm.Lab.Harness.Network;

namespace Swarm.Lab.Scenarios;

/// <summary>A real file system that is too small for the film: the download goes on past it, says so once, and what was stored stays right.</summary>
public sealed class DiskFullScenario : IScenario
{
    private const int FilmBytes = 48 << 20;
    private const string DiskSize = "16m";

    public string Name => "disk-full";

    public string Holds => "on a data folder of 16 MiB a film of 48 MiB arrives identical, twice; the node says that the disk is full and what that means, and serves on";

    public IReadOnlyList<Tool> Needs => [Tool.Nginx];

    public bool IsInCi => false;

    public string? Lacks => LabNetwork.Missing;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var nginx = await Nginx.StartAsync(bench, null, stop);
        var film = Film.Noise("film.mp4", FilmBytes, 5, 1_000_000);
        nginx.Publish("plain/film.mp4", film.Content);
        var url = Nginx.UrlOf(nginx.Port, "/plain/film.mp4");
        await using var disk = await SmallDisk.MountAsync(bench, DiskSize, stop);

        await using var node = await SwarmstreamNode.StartAsync(bench, stop, null, "--data", disk.Folder);
        for (var i = 1; i <= 2; i++)
        {
            var got = (await Download.GetAsync(url, node.Proxy, stop)).Body;
            report.True($"download {i}: identical", got.AsSpan().SequenceEqual(film.Content), $"{got.Length} of {FilmBytes} bytes");
        }

        using (var exchange = await HttpExchange.GetAsync(url, node.Proxy, "1000000-2999999", stop))
        {
            var part = await exchange.ReadAllAsync(stop);
            report.True("a range of what was stored: identical", part.AsSpan().SequenceEqual(film.Content.AsSpan(1_000_000, 2_000_000)), $"{part.Length} bytes");
        }

        report.True("the node says so, with the folder", node.Errors.Contains(disk.Folder, StringComparison.Ordinal) && node.Errors.Contains("full", StringComparison.OrdinalIgnoreCase),
            node.Errors.Split('\n').LastOrDefault(l => l.Contains("full", StringComparison.OrdinalIgnoreCase)) ?? "nothing");
        report.True("the disk was full", disk.FreeBytes < 2 << 20, $"{disk.FreeBytes} bytes free");
        report.True("the node runs", !node.HasExited, $"pid {node.Pid}");
        report.Exchanged(Tool.Nginx, "sent", nginx.Log().Sum(e => e.BodyBytes));
        await node.TerminateAsync();
    }

    /// <summary>A file system in memory, gone with the scenario.</summary>
    private sealed class SmallDisk : IAsyncDisposable
    {
        private SmallDisk(string folder) => Folder = folder;

        public string Folder { get; }

        public long FreeBytes => new DriveInfo(Folder).AvailableFreeSpace;

        public static async Task<SmallDisk> MountAsync(Bench bench, string size, CancellationToken stop)
        {
            var folder = bench.NewFolder("disk");
            await RunAsync("mount", ["-t", "tmpfs", "-o", $"size={size},mode=700", "swarm-lab", folder], stop);
            return new(folder);
        }

        public async ValueTask DisposeAsync() => await RunAsync("umount", ["--lazy", Folder], CancellationToken.None);

        private static async Task RunAsync(string program, string[] arguments, CancellationToken stop)
        {
            using var process = Process.Start(program, arguments);
            await process.WaitForExitAsync(stop);
            if (process.ExitCode != 0)
            {
                throw new LabException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}");
            }
        }
    }
}
