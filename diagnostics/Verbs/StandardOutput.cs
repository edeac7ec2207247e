using System.Runtime.InteropServices;

namespace Swarm.Diagnostics.Verbs;

/// <summary>Standard output as the kernel sees it. The framework writes into a pipe that nobody reads any more and says nothing.</summary>
internal static partial class StandardOutput
{
    private const int Descriptor = 1;

    /// <summary>POLLERR: the reading end is closed (poll(2)).</summary>
    private const short Error = 8;

    public static bool IsGone()
    {
        var asked = new Asked { Descriptor = Descriptor };
        return OperatingSystem.IsLinux() && Poll(ref asked, 1, 0) > 0 && (asked.Found & Error) != 0;
    }

    [LibraryImport("libc", EntryPoint = "poll")]
    private static partial int Poll(ref Asked asked, nuint count, int timeoutMillis);

    /// <summary>struct pollfd.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Asked
    {
        public int Descriptor;
        public short Wanted;
        public short Found;
    }
}
