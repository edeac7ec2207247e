using System.Globalization;

namespace Swarm.Diagnostics.Analysis;

/// <summary>Drops as the kernel names their reasons.</summary>
public static class DropText
{
    /// <summary>The kernel's name, without SKB_DROP_REASON_.</summary>
    public static string NameOf(DropReason reason) => reason switch
    {
        DropReason.ProtoMem => "PROTO_MEM",
        DropReason.SocketRcvbuff => "SOCKET_RCVBUFF",
        DropReason.SocketBacklog => "SOCKET_BACKLOG",
        DropReason.OfoDrop => "TCP_OFO_DROP",
        DropReason.ZeroWindow => "TCP_ZEROWINDOW",
        DropReason.OverWindow => "TCP_OVERWINDOW",
        DropReason.InvalidEndSequence => "TCP_INVALID_END_SEQUENCE",
        _ => "TCP_OFO_QUEUE_PRUNE",
    };

    /// <summary>In words, for who does not know the name.</summary>
    public static string MeaningOf(DropReason reason) => reason switch
    {
        DropReason.ProtoMem => "no TCP memory for it",
        DropReason.SocketRcvbuff => "rcvbuf was full",
        DropReason.SocketBacklog => "the backlog was full while the program held the socket",
        DropReason.OfoDrop => "no room for data out of order",
        DropReason.ZeroWindow => "the window was shut",
        DropReason.OverWindow => "it lay beyond the window",
        DropReason.InvalidEndSequence => "its end lay beyond a window that was taken back",
        _ => "it had arrived out of order and its room was needed",
    };

    /// <summary>The most frequent reason with the number of all drops, short; null without any.</summary>
    public static string? Short(in DropCounts drops) => drops.Found() is [var first, ..] found
        ? string.Create(CultureInfo.InvariantCulture, $"{found.Sum(static f => f.Count)} {NameOf(first.Reason)}{(found.Count > 1 ? ", …" : "")}")
        : null;
}
