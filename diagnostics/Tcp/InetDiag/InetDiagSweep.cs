using System.Net.Sockets;
using System.Runtime.InteropServices;
using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp;

/// <summary>Asks the kernel for every TCP socket of this network namespace, IPv4 then IPv6. Unprivileged, and without an allocation once the buffers have their size.</summary>
public sealed unsafe class InetDiagSweep : IDisposable
{
    private const byte InterNetwork = 2;
    private const byte InterNetworkV6 = 10;

    // The kernel fills at most 32 KiB a datagram (netlink_dump); four times that leaves room for one that changes its mind.
    private const int BufferBytes = 128 * 1024;

    // The kernel answers from within the call; a silence of seconds is a fault, and must not hang whoever watches.
    private const long AnswerLimitSeconds = 5;

    private readonly SafeSocketHandle _socket;
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferBytes, pinned: true);
    private uint _sequence;

    /// <param name="socket">Of netlink; who tests brings another that answers.</param>
    internal InetDiagSweep(SafeSocketHandle socket) => _socket = socket;

    /// <summary>Opens the netlink socket; null with the reason where there is none to open.</summary>
    public static InetDiagSweep? TryOpen(out string? reason)
    {
        if (!OperatingSystem.IsLinux())
        {
            reason = "only Linux has NETLINK_SOCK_DIAG";
            return null;
        }

        var descriptor = Libc.Socket(Libc.AddressFamilyNetlink, Libc.SocketRawCloseOnExec, Libc.ProtocolSockDiag);
        if (descriptor < 0)
        {
            reason = $"the kernel refuses a NETLINK_SOCK_DIAG socket: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}";
            return null;
        }

        var socket = new SafeSocketHandle(descriptor, ownsHandle: true);
        var limit = stackalloc nint[] { (nint)AnswerLimitSeconds, 0 };
        if (Libc.SetOption(socket, Libc.SocketLevel, Libc.ReceiveTimeout, limit, 2 * sizeof(nint)) < 0)
        {
            reason = $"the netlink socket takes no time limit: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}";
            socket.Dispose();
            return null;
        }

        reason = null;
        return new InetDiagSweep(socket);
    }

    /// <summary>One sweep; the samples are added to <paramref name="into"/>.</summary>
    public SweepResult Run(SampleBuffer into, long atMicros)
    {
        var first = Dump(InterNetwork, into, atMicros);
        if (first.Problem is not null)
        {
            return first;
        }

        var second = Dump(InterNetworkV6, into, atMicros);
        return new SweepResult(second.Problem, first.CutDatagrams + second.CutDatagrams);
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>One connection; nothing is added when it has ended.</summary>
    public SweepResult Look(in SocketKey key, SampleBuffer into, long atMicros)
    {
        Span<byte> request = stackalloc byte[InetDiagRequest.Length];
        InetDiagRequest.WriteLook(request, key, ++_sequence);
        if (TrySend(request) is { } refused)
        {
            return refused;
        }

        var before = into.Count;
        while (true)
        {
            if (TryReceive(0, out var answer) is { } broken)
            {
                return broken;
            }

            var step = InetDiagReader.Read(answer, _sequence, atMicros, into);
            if (step.State == DumpState.Done)
            {
                return step.Errno is 0 or Libc.NoEntry or Libc.Stale ? default : Failed("the kernel refuses to show a TCP socket", step.Errno, 0);
            }

            if (step.State == DumpState.Cut || into.Count > before)
            {
                return new SweepResult(null, step.State == DumpState.Cut ? 1 : 0);
            }
        }
    }

    private SweepResult Dump(byte family, SampleBuffer into, long atMicros)
    {
        Span<byte> request = stackalloc byte[InetDiagRequest.Length];
        InetDiagRequest.Write(request, family, ++_sequence);
        if (TrySend(request) is { } refused)
        {
            return refused;
        }

        var cut = 0;
        while (true)
        {
            if (TryReceive(cut, out var answer) is { } broken)
            {
                return broken;
            }

            var step = InetDiagReader.Read(answer, _sequence, atMicros, into);
            cut += step.State == DumpState.Cut ? 1 : 0;
            if (step.State == DumpState.Done)
            {
                return step.Errno switch
                {
                    // Half a list would look as if the other half had closed.
                    0 when cut > 0 => new SweepResult("an answer of the kernel came cut, so connections are missing", cut),
                    0 => new SweepResult(null, 0),
                    // A kernel without IPv6 answers so, and has no such sockets.
                    Libc.NoEntry when family == InterNetworkV6 => new SweepResult(null, cut),
                    Libc.NoEntry => new SweepResult("this kernel has no tcp_diag (load the module, or build with CONFIG_INET_TCP_DIAG)", cut),
                    _ => Failed("the kernel refuses to list TCP sockets", step.Errno, cut),
                };
            }
        }
    }

    private SweepResult? TrySend(ReadOnlySpan<byte> request)
    {
        fixed (byte* bytes = request)
        {
            return Libc.Send(_socket, bytes, request.Length, 0) < 0
                ? Failed("the kernel does not take the request", Marshal.GetLastPInvokeError(), 0)
                : null;
        }
    }

    private SweepResult? TryReceive(int cut, out ReadOnlySpan<byte> answer)
    {
        while (true)
        {
            nint length;
            fixed (byte* bytes = _buffer)
            {
                length = Libc.Receive(_socket, bytes, BufferBytes, Libc.Truncate);
            }

            answer = _buffer.AsSpan(0, (int)Math.Clamp(length, 0, BufferBytes));
            if (length > 0)
            {
                return null;
            }

            if (length == 0)
            {
                return new SweepResult("the netlink socket was closed", cut);
            }

            var errno = Marshal.GetLastPInvokeError();
            if (errno != Libc.Interrupted)
            {
                return errno == Libc.TryAgain
                    ? new SweepResult("the kernel did not finish its answer in time", cut)
                    : Failed("the kernel broke off its answer", errno, cut);
            }
        }
    }

    private static SweepResult Failed(string what, int errno, int cut) => new($"{what}: {Marshal.GetPInvokeErrorMessage(errno)}", cut);
}
