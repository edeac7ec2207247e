using System.Diagnostics;

namespace Swarm.Lab.Harness;

/// <summary>
/// A child that outlives the lab by a moment: it ends the lab's processes, and removes its folder, when its standard input
/// closes. So nothing is left behind even by <c>kill -9</c> of the lab itself.
/// </summary>
public sealed class Reaper : IDisposable
{
    private const string Script = """
        trap '' INT TERM HUP
        declare -A alive
        folder=
        namespaces=
        while read -r word value; do
          case $word in
            watch) alive[$value]=1 ;;
            forget) unset "alive[$value]" ;;
            folder) folder=$value ;;
            namespace) namespaces="$namespaces $value" ;;
          esac
        done
        for pid in "${!alive[@]}"; do kill -KILL "$pid" 2>/dev/null; done
        for name in $namespaces; do ip netns del "$name" 2>/dev/null; done
        if [ -n "$folder" ]; then rm -rf -- "$folder"; fi
        """;

    private readonly Process _bash;
    private readonly Lock _gate = new();

    public Reaper(string folder)
    {
        var start = new ProcessStartInfo("bash") { RedirectStandardInput = true, UseShellExecute = false };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(Script);
        _bash = Process.Start(start) ?? throw new InvalidOperationException("bash did not start");
        Tell($"folder {folder}");
    }

    public void Watch(int pid) => Tell($"watch {pid}");

    public void Forget(int pid) => Tell($"forget {pid}");

    /// <summary>Removes the network namespace at the end, if it is still there.</summary>
    public void OwnNamespace(string name) => Tell($"namespace {name}");

    public void Dispose()
    {
        _bash.StandardInput.Close();
        _bash.WaitForExit(TimeSpan.FromSeconds(10));
        _bash.Dispose();
    }

    private void Tell(string line)
    {
        lock (_gate)
        {
            _bash.StandardInput.WriteLine(line);
            _bash.StandardInput.Flush();
        }
    }
}
