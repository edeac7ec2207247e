using System.Runtime.InteropServices;
using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp;

/// <summary>struct totals of collapse.bpf.c.</summary>
[StructLayout(LayoutKind.Sequential)]
internal record struct SocketTotals
{
    public ulong OverLimitSegments;
    public ulong OverLimitNanos;
    public ulong Collapses;
    public ulong CollapseNanos;
    public ulong LongestNanos;
    public ulong SkbsRemoved;
    public ulong FreedBytes;
    public ulong MemoryDrops;
    public ulong WindowDrops;
    public ulong OfoPruned;
    public ulong AutotuneEvents;
    public DropCounts Drops;
}
