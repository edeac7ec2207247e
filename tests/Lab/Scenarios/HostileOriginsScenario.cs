using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Swarm.Lab.Harness;
using Swarm.Lab.Hostile;

namespace Swarm.Lab.Scenarios;

/// <summary>
/// 36 origins that break downloads, against curl, wget and aria2 as people run them (again, until they say it is done), and
/// against curl through the proxy. What counts is the file of a program that ended with exit 0.
/// </summary>
public sealed class HostileOriginsScenario : IScenario
{
    private const int TriesMax = 3;
    private const int AtOnce = 4;
    private static readonly TimeSpan RunLimit = TimeSpan.FromSeconds(60);

    public string Name => "hostile-origins";

    public string Holds => "under 36 traps a client of the proxy gets right bytes or an error, never a wrong file with exit 0";

    public IReadOnlyList<Tool> Needs => [Tool.Curl, Tool.Wget, Tool.Aria2, Tool.Libtorrent];

    private enum Outcome
    {
        Right,
        Error,
        Wrong,
    }

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var authority = TestCa.Create(bench.NewFolder("ca"));
        using var pem = X509Certificate2.CreateFromPemFile(authority.CertificatePem, authority.KeyPem);
        using var certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        var traps = (await Traps.CreateAsync(bench, stop)).All;
        await using var http = new HostileOrigin(traps, null);
        await using var https = new HostileOrigin(traps, certificate);
        using var mute = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        mute.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        mute.Listen();
        await using var node = await SwarmstreamNode.StartAsync(bench, stop, authority.AuthorityPem, "--peer", mute.LocalEndPoint!.ToString()!);
        await using var full = await SwarmstreamNode.StartAsync(bench, stop, authority.AuthorityPem, "--quota", "64KiB");

        var cells = new Outcome[traps.Count, 4];
        await Parallel.ForEachAsync(Enumerable.Range(0, traps.Count), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stop }, async (i, cancel) =>
        {
            var trap = traps[i];
            var proxy = (trap.Number == 32 ? full : node).Proxy;
            Uri Url(string tool) => new($"http{(trap.IsHttps ? "s" : "")}://127.0.0.1:{(trap.IsHttps ? https.Port : http.Port)}/{trap.Number}/{tool}/file.bin");
            var ours = trap.IsHttps ? new Uri($"http://{proxy}/gateway/https/127.0.0.1:{https.Port}/{trap.Number}/ours/file.bin") : Url("ours");
            var field = trap.RequestField ?? "X-None: 1";
            cells[i, 0] = await TryAsync(bench, trap, Url("curl"), null, Tool.Curl,
                file => ["-sS", "--fail", "-L", "--max-time", "50", "--cacert", authority.AuthorityPem, "-H", field, "-C", "-", "-o", file, Url("curl").AbsoluteUri], cancel);
            cells[i, 1] = await TryAsync(bench, trap, Url("wget"), null, Tool.Wget,
                file => ["-q", "--no-proxy", "--tries=3", "--waitretry=0", "--timeout=20", $"--ca-certificate={authority.AuthorityPem}", $"--header={field}", "-c", "-O", file, Url("wget").AbsoluteUri], cancel);
            cells[i, 2] = await TryAsync(bench, trap, Url("aria2"), null, Tool.Aria2,
                file => ["-q", "--no-conf", "--all-proxy=", "-x4", "-s4", "-k1M", "-c", "--auto-file-renaming=false", "--max-tries=3", "--retry-wait=0", "--timeout=20", $"--ca-certificate={authority.AuthorityPem}", $"--header={field}", "--follow-torrent=false",
                    "-d", Path.GetDirectoryName(file)!, "-o", Path.GetFileName(file), Url("aria2").AbsoluteUri], cancel);
            string[] by = trap.IsHttps ? [] : ["-x", $"http://{proxy}"];
            cells[i, 3] = await TryAsync(bench, trap, Url("ours"), trap.IsHttps ? null : proxy, Tool.Curl,
                file => ["-sS", "--fail", "-L", "--max-time", "50", "-H", field, .. by, "-o", file, ours.AbsoluteUri], cancel);
        });

        var table = new StringBuilder("| origin | `curl -C -` | `wget -c` | `aria2c -c -x4` | curl through swarmstream |\n|---|---|---|---|---|\n");
        for (var i = 0; i < traps.Count; i++)
        {
            table.Append($"| {traps[i].Name} |");
            for (var tool = 0; tool < 4; tool++)
            {
                table.Append(cells[i, tool] switch { Outcome.Right => " right |", Outcome.Error => " error |", _ => " **wrong** |" });
            }

            table.Append('\n');
            report.True($"{traps[i].Number} {traps[i].Name}", cells[i, 3] != Outcome.Wrong, cells[i, 3].ToString());
        }

        bench.Log.WriteLine(table);
        foreach (var (tool, column) in new[] { ("curl -C -", 0), ("wget -c", 1), ("aria2c -c -x4", 2), ("through swarmstream", 3) })
        {
            report.Note(tool, $"{Count(Outcome.Right)} right, {Count(Outcome.Error)} error, {Count(Outcome.Wrong)} wrong with exit 0");

            int Count(Outcome outcome) => Enumerable.Range(0, traps.Count).Count(i => cells[i, column] == outcome);
        }

        // The simulator is hostile indeed: at least one program without the proxy fell for it.
        report.AtLeast("wrong files of the others (the traps work)", Enumerable.Range(0, traps.Count).Sum(i => Enumerable.Range(0, 3).Count(t => cells[i, t] == Outcome.Wrong)), 3, "");
        report.AtLeast("right files through the proxy", Enumerable.Range(0, traps.Count).Count(i => cells[i, 3] == Outcome.Right), traps.Count - 10, "");
        foreach (var tool in Needs.Take(3))
        {
            report.Exchanged(tool, "and the others took from the origins", http.BytesSent + https.BytesSent);
        }
    }

    /// <summary>Runs a program until it says it is done, three times at most, as a person would, and looks at the file.</summary>
    private static async Task<Outcome> TryAsync(Bench bench, Trap trap, Uri url, IPEndPoint? proxy, Tool tool, Func<string, string[]> arguments, CancellationToken stop)
    {
        var file = Path.Combine(bench.NewFolder($"{trap.Number}-{tool.Name}"), "file.bin");
        if (trap.Before is { } before)
        {
            await before(url, proxy, stop);
        }

        var meanwhile = trap.Meanwhile?.Invoke(url, proxy, stop) ?? Task.CompletedTask;
        for (var i = 0; i < TriesMax; i++)
        {
            await using var process = ChildProcess.Start(bench.Reaper, tool.Program, arguments(file), new Dictionary<string, string?> { ["http_proxy"] = null, ["https_proxy"] = null });
            if (await process.WaitForExitAsync(RunLimit, stop) == 0)
            {
                await meanwhile;
                var got = File.Exists(file) ? await File.ReadAllBytesAsync(file, stop) : [];
                return trap.Right.Any(right => got.AsSpan().SequenceEqual(right)) ? Outcome.Right : Outcome.Wrong;
            }
        }

        await meanwhile;
        return Outcome.Error;
    }
}
