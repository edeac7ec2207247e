using System.Globalization;
using Swarm.Lab.Harness;
using Swarm.Lab.Harness.Network;

namespace Swarm.Lab.Scenarios;

/// <summary><c>diag lab</c> makes namespaces that have no name and hold no file: whatever ends it, the kernel takes them back, and a later run finds nothing of an earlier one.</summary>
public sealed class DiagLabEndsScenario : IScenario
{
    /// <summary>The contract's, for a program that is asked to end.</summary>
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    public string Name => "diag-lab-ends";

    public string Holds => "diag lab that is ended by TERM, INT or KILL leaves no namespace, no connection and no setting behind, and the next run measures as ever";

    public IReadOnlyList<Tool> Needs => [];

    public bool IsInCi => false;

    public string? Lacks => LabNetwork.Missing;

    public async Task RunAsync(Bench bench, Report report, Depth depth, CancellationToken stop)
    {
        var own = NetworkOf("self/task/" + Environment.CurrentManagedThreadId.ToString(CultureInfo.InvariantCulture)) ?? NetworkOf("self")!;
        var settings = Settings();
        foreach (var signal in new[] { "TERM", "INT", "KILL" })
        {
            var lab = Start(bench, "60s");
            string? space = null;
            if (!await Poll.UntilAsync(_ => Task.FromResult((space = NetworksOf(lab.Pid).FirstOrDefault(n => n != own)) is not null), StartLimit, stop))
            {
                throw new LabException("diag lab made no namespace of its own");
            }

            var clock = System.Diagnostics.Stopwatch.StartNew();
            using (var kill = System.Diagnostics.Process.Start("kill", ["-" + signal, lab.Pid.ToString(CultureInfo.InvariantCulture)]))
            {
                await kill.WaitForExitAsync(stop);
            }

            await lab.WaitForExitAsync(StartLimit, stop);
            report.AtMost($"{signal}: from the signal to its end", clock.Elapsed.TotalSeconds, EndLimit.TotalSeconds, "s");
            report.Equal($"{signal}: threads of this machine in its namespace", ThreadsIn(space!), 0);
            report.True($"{signal}: settings of this machine are what they were", Settings() == settings, settings);
        }

        var again = Start(bench, "2s");
        report.Equal("the next run: exit code", await again.WaitForExitAsync(StartLimit, stop), 0);
        report.Note("namespace of this machine", own);
    }

    private static ChildProcess Start(Bench bench, string time) => bench.Own(ChildProcess.Start(
        bench.Reaper, "dotnet", [SwarmstreamNode.ProgramFile, "diag", "lab", "idle-reader", "--ab", "shrink", "--for", time], SwarmstreamNode.EnvironmentOf(bench.NewFolder("user"))));

    private static string Settings() => string.Join(
        ' ', new[] { "tcp_rmem", "tcp_shrink_window", "tcp_moderate_rcvbuf" }.Select(n => "/proc/sys/net/ipv4/" + n).Where(File.Exists).Select(f => File.ReadAllText(f).Trim()));

    private static HashSet<string> NetworksOf(int pid) =>
        [.. Tasks(pid.ToString(CultureInfo.InvariantCulture)).Select(NetworkOf).OfType<string>()];

    private static int ThreadsIn(string network) => Directory.EnumerateDirectories("/proc")
        .Select(Path.GetFileName).Where(name => int.TryParse(name, CultureInfo.InvariantCulture, out _))
        .SelectMany(pid => Tasks(pid!)).Count(task => NetworkOf(task) == network);

    private static IEnumerable<string> Tasks(string process)
    {
        try
        {
            return Directory.GetDirectories($"/proc/{process}/task").Select(t => t["/proc/".Length..]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // it ended since
        }
    }

    /// <summary>namespaces(7): two threads are in one network if the links are equal.</summary>
    private static string? NetworkOf(string task)
    {
        try
        {
            return new FileInfo($"/proc/{task}/ns/net").LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
