using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Swarm.Diagnostics.Tcp.Lab;

/// <summary>What a sweep over many sockets costs, beside <c>ss -tmin</c> over the same ones in the same run.</summary>
public static class LabSweep
{
    private const int Rounds = 9;

    /// <summary>Of one address; ephemeral ports are some 28,000.</summary>
    private const int PairsPerAddress = 10_000;

    /// <summary>Measures, in a namespace of the lab's own; null with the reason where that many sockets cannot be.</summary>
    public static SweepCost? Measure(LabNamespace space, int sockets, out string? problem)
    {
        List<Socket> open = [];
        try
        {
            space.Run(() => Open(open, sockets));
            problem = null;
            return space.Run(() => MeasureHere(sockets));
        }
        catch (SocketException e)
        {
            problem = $"{open.Count} of {sockets} sockets could be opened: {e.Message}";
            return null;
        }
        finally
        {
            open.ForEach(s => s.Dispose());
        }
    }

    private static void Open(List<Socket> open, int sockets)
    {
        for (var address = 2; open.Count < sockets; address++)
        {
            using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(new IPAddress([127, 0, 0, (byte)address]), 0));
            listener.Listen(128);
            for (var i = 0; i < PairsPerAddress && open.Count < sockets; i++)
            {
                var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                open.Add(client);
                client.Connect(listener.LocalEndPoint!);
                open.Add(listener.Accept());
            }
        }
    }

    private static SweepCost MeasureHere(int sockets)
    {
        using var sweep = InetDiagSweep.TryOpen(out _)!;
        var buffer = new SampleBuffer();
        sweep.Run(buffer, 0);
        sweep.Run(buffer, 0);
        var micros = new double[Rounds];
        var ss = new double[Rounds];
        var allocated = 0L;
        for (var i = 0; i < Rounds; i++)
        {
            buffer.Clear();
            var before = GC.GetAllocatedBytesForCurrentThread();
            var start = ThreadClock.Now();
            sweep.Run(buffer, i);
            micros[i] = (ThreadClock.Now() - start).TotalMicroseconds;
            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            ss[i] = CpuOfSs();
        }

        Array.Sort(micros);
        Array.Sort(ss);
        return new SweepCost(buffer.Count, micros[0], micros[Rounds / 2], ss[0], ss[Rounds / 2], allocated, sockets);
    }

    private static double CpuOfSs()
    {
        try
        {
            var before = ChildrenMicros();
            using var process = Process.Start(new ProcessStartInfo("sh", ["-c", "exec ss -tmin >/dev/null"]))!;
            process.WaitForExit();
            return ChildrenMicros() - before;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return 0;
        }
    }

    /// <summary>CPU time of all children that have ended.</summary>
    private static unsafe double ChildrenMicros()
    {
        // struct rusage begins with two struct timeval { long seconds, micros }: user, then system; 144 bytes in all.
        var usage = stackalloc nint[18];
        return Libc.GetUsage(Libc.UsageOfChildren, usage) == 0 ? ((usage[0] + usage[2]) * 1e6) + usage[1] + usage[3] : 0;
    }
}
