namespace Swarm.Diagnostics.Tcp;

/// <summary>What the running kernel's BTF says: which tracepoints it has, and with how many arguments.</summary>
internal sealed unsafe class KernelTypes : IDisposable
{
    private readonly nint _btf;

    private KernelTypes(nint btf) => _btf = btf;

    /// <summary>Null where the kernel shows no BTF.</summary>
    public static KernelTypes? TryLoad() => LibBpf.BtfOfKernel() is not 0 and var btf ? new KernelTypes(btf) : null;

    /// <summary>How many arguments the tracepoint gives to a program; null when there is no such tracepoint.</summary>
    public int? TracepointArguments(string name)
    {
        // typedef void (*btf_trace_NAME)(void *data, …): a typedef of a pointer to a prototype. struct btf_type { name, info, size or type }.
        var id = LibBpf.BtfFind(_btf, "btf_trace_" + name, LibBpf.KindTypedef);
        if (id <= 0 || LibBpf.BtfType(_btf, (uint)id) is var typedef && typedef is null)
        {
            return null;
        }

        var pointer = LibBpf.BtfType(_btf, typedef[2]);
        var prototype = pointer is null || (pointer[1] >> 24 & 0x1F) != LibBpf.KindPointer ? null : LibBpf.BtfType(_btf, pointer[2]);
        return prototype is null ? null : (int)(prototype[1] & 0xFFFF) - 1;
    }

    public void Dispose() => LibBpf.BtfFree(_btf);
}
