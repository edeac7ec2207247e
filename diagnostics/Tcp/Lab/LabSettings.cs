namespace Swarm.Diagnostics.Tcp.Lab;

/// <summary>What one run of the lab varies.</summary>
/// <param name="RmemMaxBytes">tcp_rmem's maximum.</param>
/// <param name="ShrinkWindow">tcp_shrink_window; null leaves it as the kernel has it.</param>
/// <param name="Duration">How long the run lasts.</param>
public sealed record LabSettings(long RmemMaxBytes, bool? ShrinkWindow, TimeSpan Duration)
{
    /// <summary>The kernel's own values for the other two numbers of tcp_rmem.</summary>
    public string RmemText => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"4096 131072 {RmemMaxBytes}");
}
