using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Swarm.Proxy.Cli;

/// <summary>A command that runs in this process's place: it has the terminal, gets the signals, and its exit code is ours.</summary>
internal static class ChildCommand
{
    /// <summary>What shells answer for a program that is not there, and for one that may not run.</summary>
    public const int NotFound = 127;

    public const int NotRunnable = 126;

    public static async Task<int> RunAsync(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> variables, Surroundings surroundings)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = surroundings.Directory };
        start.Environment.Clear();
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        // Ctrl-C reaches the command from the terminal; this process only has to outlive it. The others come to this process alone.
        Process? running = null;
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, static context => context.Cancel = true);
        using var quit = PosixSignalRegistration.Create(PosixSignal.SIGQUIT, static context => context.Cancel = true);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => PassOn(context, Volatile.Read(ref running), "TERM"));
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => PassOn(context, Volatile.Read(ref running), "HUP"));
        try
        {
            using var child = Process.Start(start)!;
            Volatile.Write(ref running, child);
            await child.WaitForExitAsync();
            Volatile.Write(ref running, null);
            return child.ExitCode;
        }
        catch (Win32Exception e)
        {
            surroundings.Error.WriteLine($"{program} cannot be run: {e.Message}.");
            return NotRunnable;
        }
    }

    /// <summary>The runtime can only kill; kill(1) can ask.</summary>
    private static void PassOn(PosixSignalContext context, Process? child, string signal)
    {
        context.Cancel = true;
        if (child is null)
        {
            return;
        }

        try
        {
            if (OperatingSystem.IsWindows())
            {
                child.Kill();
                return;
            }

            using var kill = Process.Start("kill", ["-" + signal, child.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            kill.WaitForExit();
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It has ended meanwhile.
        }
    }
}
