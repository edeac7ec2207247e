namespace Swarm.Diagnostics.Tcp;

/// <summary>T1: every TCP socket of the network namespace by NETLINK_SOCK_DIAG; needs no privilege.</summary>
public sealed class InetDiagProbe : IProbe
{
    public const string ProbeName = "T1 inet_diag";

    private InetDiagSweep? _sweep;

    public string Name => ProbeName;

    public string Gives => "rmem_alloc, rcvbuf, payload and tcp_info of every connection";

    public string? Start()
    {
        _sweep = InetDiagSweep.TryOpen(out var reason);
        if (_sweep is null)
        {
            return reason;
        }

        // Only a first sweep tells whether the kernel answers.
        if (_sweep.Run(new SampleBuffer(), 0) is { Problem: { } problem })
        {
            Dispose();
            return problem;
        }

        return null;
    }

    public string? Read(Reading into)
    {
        if (_sweep is null)
        {
            return "not started";
        }

        if (into.IsWhole)
        {
            return _sweep.Run(into.Sockets, into.AtMicros).Problem;
        }

        foreach (ref readonly var wanted in into.Wanted.Items)
        {
            if (_sweep.Look(wanted.Key, into.Sockets, into.AtMicros).Problem is { } problem)
            {
                return problem;
            }
        }

        return null;
    }

    public void Dispose()
    {
        _sweep?.Dispose();
        _sweep = null;
    }
}
