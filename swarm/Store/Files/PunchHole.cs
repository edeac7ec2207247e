using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Swarm.Store;

/// <summary>Gives a part of a file's room on the disk back to the file system.</summary>
internal static partial class PunchHole
{
    // fallocate(2); a hole demands that the size is kept.
    private const int KeepSize = 0x01;
    private const int Punch = 0x02;

    /// <summary>False where the system or the file system makes no holes.</summary>
    public static bool TryMake(SafeFileHandle file, long offset, long length)
    {
        // The C library's off_t has 64 bits on the 64-bit Linux that this runs on.
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess)
        {
            return false;
        }

        try
        {
            return Allocate(file, KeepSize | Punch, offset, length) == 0;
        }
        catch (EntryPointNotFoundException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    private static partial int Allocate(SafeFileHandle file, int mode, long offset, long length);
}
