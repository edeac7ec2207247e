using System.ComponentModel;
using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Swarm.Diagnostics.Tcp.Lab;

/// <summary>Another process that keeps sockets open, as one may have only so many files. It ends when this one does, however that is.</summary>
internal sealed partial class SocketHolder : IDisposable
{
    private const int SetDescriptorFlags = 2;

    private readonly Process _process;

    private SocketHolder(Process process) => _process = process;

    /// <summary>Hands the sockets over: the list is empty then. Null where no process can be started, and they stay here.</summary>
    public static SocketHolder? TryTake(List<Socket> sockets)
    {
        foreach (var socket in sockets)
        {
            // Not to be closed in a new program, which is what a descriptor of .NET is otherwise.
            _ = Control((int)socket.Handle, SetDescriptorFlags, 0);
        }

        try
        {
            // It reads a pipe of this process, to its end.
            var process = Process.Start(new ProcessStartInfo("cat") { RedirectStandardInput = true })!;
            sockets.ForEach(s => s.Dispose());
            sockets.Clear();
            return new SocketHolder(process);
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    public void Dispose()
    {
        _process.StandardInput.Dispose();
        _process.WaitForExit();
        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(int descriptor, int command, int argument);
}
