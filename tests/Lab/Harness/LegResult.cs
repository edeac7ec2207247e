namespace Swarm.Lab.Harness;

/// <summary>What a player lived through on one <see cref="PlayLeg"/>.</summary>
/// <param name="FirstByteSeconds">From the request to the first byte of the body.</param>
/// <param name="StartupSeconds">From the request until it held enough media to start.</param>
/// <param name="Stalls">Times the playhead ran out of media.</param>
/// <param name="StalledSeconds">How long it waited, in all.</param>
/// <param name="PlayedSeconds">Media played.</param>
/// <param name="Bytes">Bytes read.</param>
/// <param name="WrongBytes">Bytes that are not the film's.</param>
/// <param name="Resumes">Times a broken connection was taken up again at the same place.</param>
public sealed record LegResult(
    double FirstByteSeconds, double StartupSeconds, int Stalls, double StalledSeconds, double PlayedSeconds,
    long Bytes, long WrongBytes, int Resumes)
{
    /// <summary>Time stalled over time stalled and played.</summary>
    public double StallRatio => PlayedSeconds + StalledSeconds > 0 ? StalledSeconds / (PlayedSeconds + StalledSeconds) : 0;
}
