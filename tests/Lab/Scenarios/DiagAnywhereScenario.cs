using System.Globalization;
using System.Text;
using System.Text.Json;
using Swarm.Lab.Harness;

namespace Swarm.Lab.Scenarios;

/// <summary>
/// <c>diag check</c> against readers that somebody else wrote and that never read, in Python and in C; <c>ss</c> is the witness of the numbers. Then
/// where the best tier cannot be had: the lower ones give the same verdicts, and the reason is said.
/// </summary>
public sealed class DiagAnywhereScenario : IScenario
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan CheckLimit = TimeSpan.FromMinutes(2);

    /// <summary>What ss and the check say of one connection; it grows by eight kilobytes a second meanwhile.</summary>
    private const double Tolerance = 0.05;

    private const string TracingTier = "T3a eBPF bracket";

    /// <summary>What samples alone show.</summary>
    private static readonly string[] Verdicts = ["STALLED READER", "BLOATED"];

    /// <summary>Places without the tracing tier, and a word of the reason that must be said. Each wraps a command.</summary>
    private static readonly (string Place, string[] Wrapper, string Reason)[] Places =
    [
        ("unprivileged", ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", "--no-new-privs"], "CAP_BPF"),
        ("without libbpf", ["unshare", "-m", "sh", "-c", "for f in $(ldconfig -p | sed -n 's/.*libbpf.*=> //p'); do mount --bind /dev/null \"$(readlink -f \"$f\")\"; done; exec \"$@\"", "sh"], "libbpf"),
        ("BTF hidden", ["unshare", "-m", "sh", "-c", "mount -t tmpfs none /sys/kernel/btf; exec \"$@\"", "sh"], "/sys/kernel/btf"),
    ];

    /// <summary>Namespaces of its own for users, processes, mounts and network, and the reader in there. They end with their first process.</summary>
    private static readonly string[] Container =
    [
        "unshare", "--user", "--map-root-user", "--net", "--mount", "--pid", "--fork", "--mount-proc",
        "bash", "-c", "ip link set lo up; exec 3< <(/usr/bin/python3 \"$1\"); read -ru 3 ready; echo \"$ready\" >&2; shift; \"$@\"", "bash", Bench.PeerScript("idle_reader.py"),
    ];

    public string Name => "diag-anywhere";

    public string Holds => "a reader that never reads, in Python and in C, is found by port and pid with ss's numbers; without privilege, libbpf or BTF and in a container too";

    public IReadOnlyList<Tool> Needs => [Tool.Python, Tool.Cc, Tool.Ss];

    public bool IsInCi => false;

    public string? Lacks => Environment.UserName == "root" ? null : "not root";

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var compiled = Path.Combine(bench.Folder, "idle_reader");
        var cc = bench.Own(ChildProcess.Start(bench.Reaper, Tool.Cc.Program, ["-O1", "-Wall", "-Werror", "-o", compiled, Bench.PeerScript("idle_reader.c")]));
        report.Equal("cc: exit code", await cc.WaitForExitAsync(StartLimit, stop), 0);
        foreach (var (tool, command) in new[] { (Tool.Cc, new[] { compiled }), (Tool.Python, [Tool.Python.Program, Bench.PeerScript("idle_reader.py")]) })
        {
            await using var reader = ChildProcess.Start(bench.Reaper, command[0], command[1..]);
            var (port, pid) = Ready(await reader.WaitForLineAsync(l => l.StartsWith("READY", StringComparison.Ordinal), StartLimit, stop));
            var (exit, told, _) = await CheckAsync(bench, [], stop);
            var (rmem, rcvbuf) = await SsAsync(bench, port, stop);
            var findings = Of(told, port);
            report.Equal($"{tool.Name}: exit code of check", exit, 1);
            report.True($"{tool.Name}: verdicts", Verdicts.All(v => findings.Any(f => f.GetProperty("verdict").GetString() == v)), Text(findings));
            if (findings is [var first, ..])
            {
                report.Equal($"{tool.Name}: pid", first.GetProperty("pid").ToString(), pid);
                Near($"{tool.Name}: rmem_alloc over ss's", first.GetProperty("rmem_alloc").GetInt64(), rmem);
                Near($"{tool.Name}: rcvbuf over ss's", first.GetProperty("rcvbuf").GetInt64(), rcvbuf);
            }

            report.Exchanged(tool, "a queue that nobody reads", rmem);
            report.Exchanged(Tool.Ss, "rmem_alloc it says", rmem);
            foreach (var (place, wrapper, reason) in tool == Tool.Python ? Places : [])
            {
                Lower(place, await CheckAsync(bench, wrapper, stop), port, reason);
            }
        }

        var inside = await CheckAsync(bench, Container, stop);
        var ready = inside.Errors.Split('\n').FirstOrDefault(l => l.StartsWith("READY", StringComparison.Ordinal));
        report.True("container: its reader began", ready is not null, inside.Errors);
        if (ready is not null)
        {
            Lower("container", inside, Ready(ready).Port, "CAP_BPF");
            report.Equal("container: pid", Of(inside.Told, Ready(ready).Port).Select(f => f.GetProperty("pid").ToString()).FirstOrDefault(), Ready(ready).Pid);
        }

        void Near(string what, double measured, double witness) => report.True(what, Math.Abs((measured / witness) - 1) <= Tolerance, string.Create(CultureInfo.InvariantCulture, $"{measured / witness:F4}"));

        void Lower(string place, (int Exit, JsonElement Told, string Errors) check, int port, string reason)
        {
            var findings = Of(check.Told, port);
            report.Equal($"{place}: exit code of check", check.Exit, 1);
            report.True($"{place}: verdicts", Verdicts.All(v => findings.Any(f => f.GetProperty("verdict").GetString() == v)), Text(findings));
            var absent = check.Told.GetProperty("tiers").EnumerateArray().First(t => t.GetProperty("name").GetString() == TracingTier).GetProperty("absent_because").GetString();
            report.True($"{place}: the reason", absent?.Contains(reason, StringComparison.Ordinal) == true, absent ?? "none is said");
        }
    }

    private static (int Port, string Pid) Ready(string line) => line.Split(' ') is [_, var port, var pid] ? (int.Parse(port, CultureInfo.InvariantCulture), pid) : throw new LabException(line);

    private static List<JsonElement> Of(JsonElement told, int port) =>
        [.. told.GetProperty("findings").EnumerateArray().Where(f => f.TryGetProperty("local_port", out var at) && at.GetInt32() == port)];

    private static string Text(List<JsonElement> findings) => string.Join(", ", findings.Select(f => f.GetProperty("verdict").GetString()));

    private static async Task<(int Exit, JsonElement Told, string Errors)> CheckAsync(Bench bench, string[] wrapper, CancellationToken stop)
    {
        string[] command = [.. wrapper, "dotnet", SwarmstreamNode.ProgramFile, "diag", "check", "--for", "5s", "--json"];
        var output = new StringBuilder();
        await using var process = ChildProcess.Start(bench.Reaper, command[0], command[1..], onLine: line => { lock (output) { output.AppendLine(line); } });
        var exit = await process.WaitForExitAsync(CheckLimit, stop);
        lock (output)
        {
            return output.Length > 0 ? (exit, JsonDocument.Parse(output.ToString()).RootElement, process.Errors) : throw new LabException($"check said nothing, exit {exit}: {process.Errors}");
        }
    }

    /// <summary>skmem:(r2496896,rb2498560,…</summary>
    private static async Task<(long RmemAlloc, long Rcvbuf)> SsAsync(Bench bench, int port, CancellationToken stop)
    {
        await using var ss = ChildProcess.Start(bench.Reaper, Tool.Ss.Program, ["-tmnHO", $"sport = :{port}"]);
        var line = await ss.WaitForLineAsync(l => l.Contains("skmem:(", StringComparison.Ordinal), StartLimit, stop);
        var cells = line[(line.IndexOf("skmem:(", StringComparison.Ordinal) + "skmem:(".Length)..].Split(',');
        return (long.Parse(cells[0]["r".Length..], CultureInfo.InvariantCulture), long.Parse(cells[1]["rb".Length..], CultureInfo.InvariantCulture));
    }
}
