using System.Globalization;

namespace Swarm.Diagnostics.Analysis;

/// <summary>What to do, as arithmetic with this connection's numbers. Nothing is ever applied.</summary>
public static class Advice
{
    /// <summary>Before any sysctl: an application that reads has no queue.</summary>
    internal static IEnumerable<string> ReaderFirst(SocketTrack socket)
    {
        if (socket.WaitMicros is { } wait && wait >= Constants.StalledMicros && socket.Current.PayloadBytes >= Constants.RatioPayloadBytes)
        {
            yield return $"Fix the reader first: it reads {Quantity.Of(socket.ReadBytesPerSecond ?? 0, Unit.BytesPerSecond)}, so what waits takes it {Quantity.Of(wait, Unit.Micros)}. No sysctl makes it faster.";
        }
        else if (socket.UnreadMicros >= Constants.StalledMicros)
        {
            yield return $"Fix the reader first: it has left data unread for {Quantity.Of(socket.UnreadMicros, Unit.Micros)}. Let it read, or close the connection, or set SO_RCVBUF to what it will read.";
        }
    }

    /// <summary>The largest buffer whose collapse stays within the stall budget, against the one the path needs.</summary>
    internal static IEnumerable<string> StallBudget(SocketTrack socket, HostTrack host)
    {
        var skbs = Constants.StallBudgetMicros / Constants.CollapseMicrosPerSkb;
        var cap = (long)(skbs * socket.TruesizeBytes);
        var needed = socket.NeededBytes;
        if (cap >= (host.Settings.RmemMaxBytes ?? long.MaxValue))
        {
            yield break;
        }

        var sum = string.Create(
            CultureInfo.InvariantCulture,
            $"One collapse under {Quantity.Of(Constants.StallBudgetMicros, Unit.Micros)}: {Quantity.Of(Constants.StallBudgetMicros, Unit.Micros)} ÷ {Constants.CollapseMicrosPerSkb} µs per skb × {socket.TruesizeBytes} B of truesize = {Quantity.Of(cap, Unit.Bytes)} as tcp_rmem's maximum");
        var now = host.Settings.RmemMaxBytes is { } max ? $" (now {Quantity.Of(max, Unit.Bytes)})" : "";
        yield return needed <= cap
            ? $"{sum}{now}; this path needs {Quantity.Of(needed, Unit.Bytes)}, so the cap costs this connection nothing. Longer paths may need more: check them first."
            : $"{sum}{now}; this path needs {Quantity.Of(needed, Unit.Bytes)}, so that cap would cost it speed. Stall or speed: choose.";
    }

    /// <summary>For a reader that stands still: only where the memory went beyond its limit is the window worth shrinking.</summary>
    internal static IEnumerable<string> ShrinkWindow(SocketTrack socket, HostTrack host) =>
        socket.RaisedBytes > 0 || socket.Current.RmemAllocBytes > socket.Current.RcvbufBytes ? ShrinkWindow(host) : [];

    /// <summary>tcp_shrink_window, with its price.</summary>
    internal static IEnumerable<string> ShrinkWindow(HostTrack host) => host.Settings.ShrinkWindow switch
    {
        true => ["tcp_shrink_window is on already: watch BeyondWindow in 'nstat -az' for what senders must repeat."],
        false =>
        [
            "net.ipv4.tcp_shrink_window=1 bounds the memory: in the lab 6.29 MB became 131 KB for the same sender. Its price: segments beyond the edge that was taken back are dropped and sent again (BeyondWindow in 'nstat -az'), so try it on one machine and compare.",
        ],
        null => host.Settings == TcpSettings.Unknown ? ["See whether net.ipv4.tcp_shrink_window exists there: it bounds the memory, for the price of segments sent again."] : [],
    };

    /// <summary>Where tcp_shrink_window is on, drops beyond the window are its price.</summary>
    internal static IEnumerable<string> Repeats(HostTrack host) =>
        host.Settings.ShrinkWindow == true ? ["tcp_shrink_window is on: these repeats are its price. Weigh them against the memory it saves with 'diag lab idle-reader --ab shrink'."] : [];

    /// <summary>A warning beside totals, which may be old.</summary>
    internal static string Since(HostTrack host) =>
        host.IsTotal ? " The counters are totals since the machine started: read them twice to see whether it goes on." : "";

    internal static IEnumerable<string> Culprits(IReadOnlyList<SocketTrack> culprits)
    {
        if (culprits.Count > 0)
        {
            var worst = culprits.Select(c => $"{c.Current.Local} from {c.Current.Remote} ({Quantity.Of(c.ReclaimableBytes, Unit.Bytes)})");
            yield return $"Most memory without need: {string.Join(", ", worst)}.";
        }
    }
}
