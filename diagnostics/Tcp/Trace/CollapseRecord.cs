using System.Runtime.InteropServices;

namespace Swarm.Diagnostics.Tcp;

/// <summary>struct collapse of collapse.bpf.c.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CollapseRecord
{
    public ulong EndedNanos;
    public ulong Cookie;
    public ulong DurationNanos;
    public uint SkbsBefore;
    public uint SkbsAfter;
    public int RmemBeforeBytes;
    public int RmemAfterBytes;
    public int RcvbufBytes;
    public uint Unused;
}
