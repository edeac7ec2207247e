using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Swarm.Proxy.Seeding;

/// <summary>Reads a file's stamp: statx(2) on Linux; elsewhere size and times, which is what .NET tells.</summary>
internal static partial class FileStat
{
    // linux/stat.h: one layout on every architecture.
    private const int StatxBytes = 256;
    private const int ModeAt = 28;
    private const int InodeAt = 32;
    private const int SizeAt = 40;
    private const int ChangedAt = 96;
    private const int ModifiedAt = 112;
    private const uint BasicStats = 0x7ff;
    private const int WorkingFolder = -100; // AT_FDCWD
    private const int EmptyPath = 0x1000; // AT_EMPTY_PATH: the descriptor itself
    private const int TypeMask = 0xf000;
    private const int RegularFile = 0x8000;

    /// <summary>The stamp of the file that the path leads to; null if there is none, or it is no regular file.</summary>
    public static FileStamp? Read(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return ReadPortably(new FileInfo(path));
        }

        Span<byte> buffer = stackalloc byte[StatxBytes];
        return Statx(WorkingFolder, path, 0, BasicStats, ref MemoryMarshal.GetReference(buffer)) == 0 ? Parse(buffer) : null;
    }

    /// <summary>The stamp of an open file.</summary>
    /// <param name="path">Where it was opened, for systems that tell no more.</param>
    public static FileStamp? Read(SafeFileHandle file, string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return ReadPortably(new FileInfo(path));
        }

        Span<byte> buffer = stackalloc byte[StatxBytes];
        return Statx(file, "", EmptyPath, BasicStats, ref MemoryMarshal.GetReference(buffer)) == 0 ? Parse(buffer) : null;
    }

    private static FileStamp? ReadPortably(FileInfo file) => file.Exists
        ? new(file.Length, Nanos(file.LastWriteTimeUtc), Nanos(file.CreationTimeUtc), 0)
        : null;

    private static long Nanos(DateTime time) => (time - DateTime.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    private static FileStamp? Parse(ReadOnlySpan<byte> statx) =>
        (MemoryMarshal.Read<ushort>(statx[ModeAt..]) & TypeMask) == RegularFile
            ? new(MemoryMarshal.Read<long>(statx[SizeAt..]), Time(statx[ModifiedAt..]), Time(statx[ChangedAt..]), MemoryMarshal.Read<ulong>(statx[InodeAt..]))
            : null;

    private static long Time(ReadOnlySpan<byte> time) => (MemoryMarshal.Read<long>(time) * 1_000_000_000) + MemoryMarshal.Read<uint>(time[8..]);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Statx(int folder, string path, int flags, uint mask, ref byte buffer);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Statx(SafeFileHandle folder, string path, int flags, uint mask, ref byte buffer);
}
