using System.Diagnostics;

namespace Swarm.Lab.Harness;

/// <summary>The processor time a running program has used, user and system, of all its threads, as the kernel counts it (/proc/PID/stat).</summary>
public static class ProcessorTime
{
    public static TimeSpan Of(int pid)
    {
        using var process = Process.GetProcessById(pid);
        return process.TotalProcessorTime;
    }
}
