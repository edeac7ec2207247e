using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Swarm.Diagnostics.Tcp.Lab;

/// <summary>A network namespace of the lab's own: a thread lives in it, and what that thread opens belongs to it.</summary>
/// <remarks>
/// It has no name and no file: the kernel removes it, with its settings and connections, when the thread and its sockets are gone, however
/// the process ended. There is nothing to clean up after a kill, and nothing that a second run could take for its own.
/// </remarks>
public sealed unsafe partial class LabNamespace : IDisposable
{
    private const int CloneNewNet = 0x40000000;
    private const int InterNetwork = 2;
    private const int Datagram = 2;
    private const nuint SetFlags = 0x8914;
    private const short UpAndRunning = 0x41;

    private readonly BlockingCollection<Action> _queue = [];
    private readonly Thread _thread;
    private readonly bool _isOwn;
    private readonly TaskCompletionSource<string?> _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private LabNamespace(bool own)
    {
        _isOwn = own;
        _thread = new Thread(() => Live(own)) { IsBackground = true, Name = "lab" };
        _thread.Start();
    }

    /// <summary>A namespace of its own; null with the reason where this user may not make one.</summary>
    public static LabNamespace? TryCreate(out string? reason)
    {
        var made = new LabNamespace(own: true);
        reason = made._entered.Task.Result;
        if (reason is null)
        {
            return made;
        }

        made.Dispose();
        return null;
    }

    /// <summary>The namespace that the process is in already: other programs see the connections, and no setting is touched.</summary>
    public static LabNamespace Here() => new(own: false);

    /// <summary>Does something in the namespace, and waits for it.</summary>
    public T Run<T>(Func<T> action)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _queue.Add(() =>
        {
            try
            {
                done.SetResult(action());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        try
        {
            return done.Task.Result;
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerException!);
            throw;
        }
    }

    public void Run(Action action) => Run(() =>
    {
        action();
        return 0;
    });

    /// <summary>Sets a sysctl under net.ipv4 of the namespace; false where the kernel has none of that name.</summary>
    public bool TrySet(string name, string value) => Run(() => TryWrite(name, value));

    /// <summary>The same, for who is on the namespace's thread already. A namespace that is not the lab's own is never written to.</summary>
    internal bool TryWrite(string name, string value)
    {
        if (!_isOwn)
        {
            return false;
        }

        try
        {
            File.WriteAllText("/proc/sys/net/ipv4/" + name, value);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        _queue.CompleteAdding();
        _thread.Join();
        _queue.Dispose();
    }

    private void Live(bool own)
    {
        var reason = own ? Enter() : null;
        _entered.SetResult(reason);
        if (reason is null)
        {
            foreach (var action in _queue.GetConsumingEnumerable())
            {
                action();
            }
        }
    }

    private static string? Enter()
    {
        if (!OperatingSystem.IsLinux())
        {
            return "only Linux has network namespaces";
        }

        if (Unshare(CloneNewNet) < 0)
        {
            return $"this user may not make a network namespace ({Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}); root may";
        }

        // The loopback interface of a new namespace is down. struct ifreq { char name[16]; short flags; … }, 40 bytes.
        var request = stackalloc byte[40];
        new Span<byte>(request, 40).Clear();
        "lo"u8.CopyTo(new Span<byte>(request, 16));
        *(short*)(request + 16) = UpAndRunning;
        var socket = Libc.Socket(InterNetwork, Datagram, 0);
        var up = socket >= 0 && Control(socket, SetFlags, request) >= 0;
        var errno = Marshal.GetLastPInvokeError();
        _ = Libc.Close(socket);
        return up ? null : $"the namespace's loopback does not come up: {Marshal.GetPInvokeErrorMessage(errno)}";
    }

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    private static partial int Unshare(int flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(int descriptor, nuint request, byte* argument);
}
