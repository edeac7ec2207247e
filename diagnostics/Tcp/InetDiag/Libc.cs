using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Swarm.Diagnostics.Tcp;

/// <summary>The calls of libc that the framework has no name for: netlink sockets, mostly.</summary>
internal static unsafe partial class Libc
{
    public const int AddressFamilyNetlink = 16;
    public const int SocketRawCloseOnExec = 3 | 0x80000;
    public const int ProtocolSockDiag = 4;
    public const int SocketLevel = 1;
    public const int ReceiveTimeout = 20;

    /// <summary>The result is the datagram's whole length, even when the buffer was shorter.</summary>
    public const int Truncate = 0x20;

    public const int NoEntry = 2;
    public const int Interrupted = 4;
    public const int TryAgain = 11;
    public const int Stale = 116;
    public const int UsageOfChildren = -1;

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    public static partial int Socket(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(SafeSocketHandle socket, byte* bytes, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(SafeSocketHandle socket, byte* bytes, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetOption(SafeSocketHandle socket, int level, int option, void* value, int length);

    [LibraryImport("libc", EntryPoint = "close")]
    public static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "getrusage")]
    public static partial int GetUsage(int who, nint* usage);
}
