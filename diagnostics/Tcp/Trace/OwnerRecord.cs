using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Swarm.Diagnostics.Tcp;

/// <summary>struct owner of collapse.bpf.c.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct OwnerRecord
{
    public ulong Inode;
    public uint ProcessId;
    public uint Unused;
    public ProcessName Name;

    /// <summary>TASK_COMM_LEN bytes, ended by a zero.</summary>
    [InlineArray(16)]
    public struct ProcessName
    {
        private byte _first;
    }
}
