namespace Swarm.Diagnostics.Tcp;

/// <summary>Where a dump stands after a datagram.</summary>
internal enum DumpState
{
    More,
    Done,

    /// <summary>The datagram ended inside a message: what was whole is kept, the rest is lost.</summary>
    Cut,
}

/// <param name="Errno">Why the kernel refused or broke off; 0 when it did not.</param>
internal readonly record struct DumpStep(DumpState State, int Errno)
{
    public static DumpStep More => new(DumpState.More, 0);

    public static DumpStep Cut => new(DumpState.Cut, 0);
}
