namespace Swarm.Diagnostics.Tcp;

/// <summary>A place where the kernel tells about TCP memory. It only reads, finds out at its start whether it can, and says why when not.</summary>
public interface IProbe : IDisposable
{
    /// <summary>Tier and name, as shown: <c>T1 inet_diag</c>.</summary>
    string Name { get; }

    string Gives { get; }

    /// <summary>What the probe costs outside the calls to it, in the kernel, so far.</summary>
    TimeSpan KernelCost => TimeSpan.Zero;

    /// <summary>Opens what the probe reads; the reason when this machine or user cannot.</summary>
    string? Start();

    /// <summary>After a start that failed, what would bring the probe; null where nothing would.</summary>
    string? Fix => null;

    /// <summary>Reads once. What went wrong is the result, and what was read until then stays in the reading.</summary>
    string? Read(Reading into);
}
