namespace Swarm.Diagnostics.Analysis;

/// <summary>Why a segment was thrown away after it had arrived: the kernel's reasons that tell of memory, window and order.</summary>
/// <remarks>The order is that of <c>drop_reason</c> in diagnostics/Bpf; the kernel's own numbers are looked up by name in its BTF.</remarks>
public enum DropReason
{
    ProtoMem,
    SocketRcvbuff,
    SocketBacklog,
    OfoDrop,
    ZeroWindow,
    OverWindow,
    InvalidEndSequence,
    OfoQueuePrune,
}
