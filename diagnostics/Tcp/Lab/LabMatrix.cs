using System.Net.Sockets;
using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp.Lab;

/// <summary>Many healthy connections and some sick ones of each kind, all at once: who is named, and who is not.</summary>
public static class LabMatrix
{
    private const int SlowBytesPerTurn = 512;

    private static readonly TimeSpan SweepGap = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan TurnGap = TimeSpan.FromMilliseconds(20);

    /// <summary>The sick kinds, and the verdicts that name each rightly.</summary>
    private static readonly (string Kind, Verdict[] Right)[] Kinds =
    [
        ("idle reader, tiny segments", [Verdict.Raised, Verdict.Bloated, Verdict.StalledReader]),
        ("stopped reader", [Verdict.StalledReader]),
        ("slow reader", [Verdict.SlowReader]),
        ("locked SO_RCVBUF, stopped reader", [Verdict.StalledReader]),
    ];

    /// <summary>One run, in a namespace of the lab's own.</summary>
    public static MatrixResult Run(LabNamespace space, int healthy, int sickOfEach, TimeSpan duration, CancellationToken stop)
    {
        List<LabConnection> well = [];
        List<LabConnection>[] sick = [.. Kinds.Select(_ => new List<LabConnection>())];
        try
        {
            space.Run(() =>
            {
                // Autotuning up to the default of most machines: the healthy ones may use it.
                space.TryWrite("tcp_rmem", "4096 131072 6291456");
                well.AddRange(Enumerable.Range(0, healthy).Select(_ => new LabConnection()));
                for (var kind = 0; kind < Kinds.Length; kind++)
                {
                    var locked = kind == 3 ? 200_000 : 0;
                    sick[kind].AddRange(Enumerable.Range(0, sickOfEach).Select(_ => new LabConnection(locked)));
                }
            });
            return Watch(space, well, sick, duration, stop);
        }
        finally
        {
            well.ForEach(c => c.Dispose());
            Array.ForEach(sick, kind => kind.ForEach(c => c.Dispose()));
        }
    }

    private static MatrixResult Watch(LabNamespace space, List<LabConnection> well, List<LabConnection>[] sick, TimeSpan duration, CancellationToken stop)
    {
        using var watch = space.Run(() => new SocketWatch([new InetDiagProbe(), new NetstatProbe(net: "thread-self/net")], TimeProvider.System));
        var named = new Dictionary<int, HashSet<Verdict>>();
        watch.OnReading = _ =>
        {
            foreach (var track in watch.Analyser.Sockets)
            {
                foreach (var verdict in watch.Analyser.VerdictsOf(track.Current.Key))
                {
                    if (!named.TryGetValue(track.Current.Local.Port, out var verdicts))
                    {
                        named.Add(track.Current.Local.Port, verdicts = []);
                    }

                    verdicts.Add(verdict);
                }
            }
        };
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Thread[] drivers = [new(() => DriveHealthy(well, ending.Token)), new(() => DriveSick(sick, duration, ending))];
        Array.ForEach(drivers, d => d.Start());
        while (!ending.Token.IsCancellationRequested)
        {
            space.Run(watch.Sweep);
            ending.Token.WaitHandle.WaitOne(SweepGap);
        }

        Array.ForEach(drivers, d => d.Join());
        var kinds = Kinds.Select((kind, i) => new MatrixKind(
            kind.Kind, sick[i].Count, sick[i].Count(c => named.TryGetValue(c.ReaderPort, out var verdicts) && verdicts.Overlaps(kind.Right))));
        var sickPorts = sick.SelectMany(k => k).Select(c => c.ReaderPort).ToHashSet();
        var wrong = named.Where(n => !sickPorts.Contains(n.Key)).Select(n => $"port {n.Key}: {string.Join(", ", n.Value.Select(VerdictText.Of))}");
        return new MatrixResult(well.Count, [.. kinds], [.. wrong], watch.Sweeps);
    }

    /// <summary>A tenth bulk, four tenths request and response, the rest at rest, one in five of those with some bytes unread.</summary>
    private static void DriveHealthy(List<LabConnection> connections, CancellationToken stop)
    {
        var bulk = connections.Count / 10;
        var talking = connections.Count / 2;
        var buffer = new byte[32 * 1024];
        for (var i = talking; i < connections.Count; i += 5)
        {
            connections[i].Send(buffer.AsSpan(0, 40), asRecord: false);
        }

        for (var turn = 0; !stop.IsCancellationRequested; turn++)
        {
            for (var i = 0; i < talking && !stop.IsCancellationRequested; i++)
            {
                connections[i].Send(buffer.AsSpan(0, i < bulk ? buffer.Length : 200 + (turn % 100)), asRecord: i >= bulk);
                while (connections[i].Read(buffer) > 0)
                {
                    // A reader that keeps up reads until there is nothing.
                }
            }

            stop.WaitHandle.WaitOne(TurnGap);
        }
    }

    /// <summary>The run's time begins when all of them are ill: a loaded machine takes seconds to make them so.</summary>
    private static void DriveSick(List<LabConnection>[] sick, TimeSpan duration, CancellationTokenSource ending)
    {
        var stop = ending.Token;
        var buffer = new byte[64 * 1024];
        foreach (var connection in sick[1].Concat(sick[2]).Concat(sick[3]))
        {
            Fill(connection, buffer, stop);
        }

        ending.CancelAfter(duration);

        while (!stop.IsCancellationRequested)
        {
            foreach (var connection in sick[0])
            {
                for (var i = 0; i < 8; i++)
                {
                    connection.Send(buffer.AsSpan(0, 4), asRecord: true);
                }
            }

            foreach (var connection in sick[2])
            {
                connection.Read(buffer.AsSpan(0, SlowBytesPerTurn));
                connection.Send(buffer, asRecord: false);
            }

            stop.WaitHandle.WaitOne(TurnGap);
        }
    }

    private static void Fill(LabConnection connection, byte[] buffer, CancellationToken stop)
    {
        do
        {
            while (connection.Send(buffer, asRecord: false) > 0 && !stop.IsCancellationRequested)
            {
                // Until the kernel takes no more: the reader's buffer and the writer's own are full.
            }
        }
        while (!stop.IsCancellationRequested && connection.Writer.Poll(TimeSpan.FromMilliseconds(20), SelectMode.SelectWrite));
    }
}
