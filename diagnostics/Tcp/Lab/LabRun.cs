using System.Runtime.InteropServices;
using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp.Lab;

/// <summary>Runs a scenario in a namespace and measures it there: a watch for the whole picture, the reader's own socket every 5 ms.</summary>
public static class LabRun
{
    private const int SocketLevel = 1;
    private const int MemInfo = 55;
    private const int Hertz = 4000;

    private static readonly TimeSpan SampleGap = TimeSpan.FromMilliseconds(5);

    /// <summary>What the lab can use of this machine besides what a watch uses; the reason where it cannot.</summary>
    public static IReadOnlyList<IProbe> Probes(bool inOwnNamespace)
    {
        var trace = new TraceProbe(TraceMode.Always);
        return [new InetDiagProbe(), new NetstatProbe(net: inOwnNamespace ? "thread-self/net" : "net"), trace, new TickProbe(trace, Hertz)];
    }

    /// <summary>One run. What was measured until the token stopped it is the result.</summary>
    /// <param name="space">Where; its settings are changed when it is the lab's own.</param>
    /// <param name="isOwn">The namespace is the lab's own.</param>
    /// <param name="onStart">Gets the port of the reader, and the tiers.</param>
    public static LabResult Run(
        ILabScenario scenario, LabSettings settings, LabNamespace space, bool isOwn, Action<int, IReadOnlyList<ProbeStatus>> onStart, CancellationToken stop)
    {
        if (isOwn)
        {
            space.TrySet("tcp_rmem", settings.RmemText);
            space.TrySet("tcp_autocorking", "0");
            if (settings.ShrinkWindow is { } shrink)
            {
                space.TrySet("tcp_shrink_window", shrink ? "1" : "0");
            }
        }

        using var connection = space.Run(scenario.Connect);
        using var watch = space.Run(() => new SocketWatch(Probes(isOwn), TimeProvider.System));
        onStart(connection.ReaderPort, watch.Probes);
        var collapses = new List<CollapseEvent>();
        watch.OnReading = reading => collapses.AddRange(reading.Collapses.Items);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        string? problem = null;
        var driver = new Thread(() => problem = Drive(scenario, connection, settings.Duration, ending)) { IsBackground = true, Name = "lab driver" };
        // A thread is born into the namespace of the one that starts it.
        space.Run(driver.Start);
        var (curve, peak) = Follow(space, watch, connection, ending.Token);
        driver.Join();
        space.Run(watch.Sweep);
        var track = watch.Analyser.Sockets.FirstOrDefault(s => s.Current.Local.Port == connection.ReaderPort);
        var host = watch.Analyser.Host;
        return new LabResult(scenario, settings)
        {
            Problem = problem,
            SentBytes = connection.SentBytes,
            ReadBytes = connection.ReadBytes,
            PeakRmemBytes = peak.RmemBytes,
            PayloadAtPeakBytes = peak.PayloadBytes,
            PeakRcvbufBytes = curve.Select(c => c.RcvbufBytes).DefaultIfEmpty(0).Max(),
            Counters = Enum.GetValues<HostCounter>().ToDictionary(c => c, host.Risen),
            Trace = host.Current.IsTraced ? track?.Trace ?? default(SocketTrace) : null,
            CollapseTickMicros = host.Current.CollapseTickMicros is { } ticks ? ticks - (host.First.CollapseTickMicros ?? 0) : null,
            Findings = watch.Analyser.Findings(),
            Curve = curve,
            Collapses = collapses,
        };
    }

    private static string? Drive(ILabScenario scenario, LabConnection connection, TimeSpan duration, CancellationTokenSource ending)
    {
        try
        {
            scenario.WarmUp(connection, ending.Token);
            ending.CancelAfter(duration);
            scenario.Drive(connection, ending.Token);
            return null;
        }
        catch (System.Net.Sockets.SocketException e)
        {
            // A raw socket that is not allowed here, say: the run ends.
            ending.Cancel();
            return e.Message;
        }
    }

    private static (List<(long AtMicros, long RmemBytes, long RcvbufBytes, long PayloadBytes)> Curve, (long RmemBytes, long PayloadBytes) Peak) Follow(
        LabNamespace space, SocketWatch watch, LabConnection connection, CancellationToken stop)
    {
        var curve = new List<(long, long, long, long)>();
        (long RmemBytes, long PayloadBytes) peak = default;
        var sweepEvery = TimeSpan.FromMilliseconds(200);
        var nextSweep = TimeSpan.Zero;
        while (!stop.IsCancellationRequested)
        {
            var (rmem, rcvbuf) = MemInfoOf(connection);
            var payload = connection.Reader.Available;
            curve.Add(((long)watch.Elapsed.TotalMicroseconds, rmem, rcvbuf, payload));
            peak = rmem > peak.RmemBytes ? (rmem, payload) : peak;
            if (watch.Elapsed >= nextSweep)
            {
                space.Run(watch.Sweep);
                nextSweep = watch.Elapsed + sweepEvery;
            }

            stop.WaitHandle.WaitOne(SampleGap);
        }

        return (curve, peak);
    }

    private static (long RmemBytes, long RcvbufBytes) MemInfoOf(LabConnection connection)
    {
        Span<byte> bytes = stackalloc byte[36];
        connection.Reader.GetRawSocketOption(SocketLevel, MemInfo, bytes);
        return (MemoryMarshal.Read<uint>(bytes), MemoryMarshal.Read<uint>(bytes[4..]));
    }
}
