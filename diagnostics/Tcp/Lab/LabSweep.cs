using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Swarm.Diagnostics.Tcp.Lab;

/// <summary>What a sweep over many sockets costs, beside <c>ss -tmin</c> over the same ones in the same run.</summary>
public static class LabSweep
{
    private const int Rounds = 9;

    private const int WarmRounds = 3;

    /// <summary>To one address; ephemeral ports are some 28,000.</summary>
    private const int ConnectionsPerAddress = 20_000;

    /// <summary>For the runtime, which ends when it cannot open a file of its own, and for ss.</summary>
    private const int SparedDescriptors = 256;

    private const string LimitName = "Max open files";

    /// <summary>Measures the sockets that the namespace has already.</summary>
    public static SweepCost Measure(LabNamespace space) => space.Run(MeasureHere);

    /// <summary>Measures in a namespace of the lab's own, with so many sockets of its own.</summary>
    public static SweepCost Measure(LabNamespace space, int sockets)
    {
        List<Socket> open = [];
        List<SocketHolder> holders = [];
        try
        {
            space.Run(() => Open(space, open, holders, sockets));
            return space.Run(MeasureHere);
        }
        finally
        {
            open.ForEach(s => s.Dispose());
            holders.ForEach(h => h.Dispose());
        }
    }

    // The other end of each waits to be accepted, and needs no descriptor: half of them go as far. Others are held by processes beside this one.
    private static void Open(LabNamespace space, List<Socket> open, List<SocketHolder> holders, int sockets)
    {
        space.TryWrite("../core/somaxconn", "65535");
        var most = MostDescriptors() - SparedDescriptors;
        for (var (address, connections) = (2, 0); 2 * connections < sockets; address++)
        {
            var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            open.Add(listener);
            listener.Bind(new IPEndPoint(new IPAddress([127, 0, 0, (byte)address]), 0));
            listener.Listen(ConnectionsPerAddress + 1);
            var end = listener.LocalEndPoint!;
            for (var i = 0; i < ConnectionsPerAddress && 2 * connections < sockets; i++, connections++)
            {
                if (open.Count >= most)
                {
                    if (SocketHolder.TryTake(open) is not { } holder)
                    {
                        return;
                    }

                    holders.Add(holder);
                }

                var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                open.Add(client);
                client.Connect(end);
            }
        }
    }

    /// <summary>How many files this process may have open; the runtime has raised that as far as it may.</summary>
    private static int MostDescriptors()
    {
        // Max open files            1024                 524288               files
        var line = File.ReadLines("/proc/self/limits").First(static l => l.StartsWith(LimitName, StringComparison.Ordinal));
        return int.TryParse(line[LimitName.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture, out var most) ? most : int.MaxValue / 2;
    }

    private static SweepCost MeasureHere()
    {
        using var sweep = InetDiagSweep.TryOpen(out _)!;
        var buffer = new SampleBuffer();
        var micros = new double[Rounds];
        var ss = new double[Rounds];
        var allocated = 0L;
        for (var i = -WarmRounds; i < Rounds; i++)
        {
            buffer.Clear();
            var start = ThreadClock.Now();
            var before = GC.GetAllocatedBytesForCurrentThread();
            sweep.Run(buffer, i);
            var more = GC.GetAllocatedBytesForCurrentThread() - before;
            var cost = (ThreadClock.Now() - start).TotalMicroseconds;
            if (i >= 0)
            {
                micros[i] = cost;
                allocated += more;
                ss[i] = CpuOfSs();
            }
        }

        Array.Sort(micros);
        Array.Sort(ss);
        return new SweepCost(buffer.Count, micros[0], micros[Rounds / 2], ss[0], ss[Rounds / 2], allocated);
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
