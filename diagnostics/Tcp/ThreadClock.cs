using System.Runtime.InteropServices;

namespace Swarm.Diagnostics.Tcp;

/// <summary>CPU time of the calling thread: what a sweep costs, however busy the machine is otherwise.</summary>
public static unsafe partial class ThreadClock
{
    private const int ThreadCpuTime = 3;

    public static TimeSpan Now()
    {
        if (!OperatingSystem.IsLinux())
        {
            return Environment.CpuUsage.TotalTime;
        }

        // struct timespec { long seconds, nanoseconds }
        var time = stackalloc nint[2];
        return GetTime(ThreadCpuTime, time) == 0 ? TimeSpan.FromSeconds(time[0]) + TimeSpan.FromTicks(time[1] / TimeSpan.NanosecondsPerTick) : TimeSpan.Zero;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, nint* time);
}
