namespace Swarm.Proxy.Control;

/// <summary>What a browser's player says of itself, the body of <c>POST /api/v1/playhead</c>: the node uses it to tell what is urgent and to show it, and for nothing else.</summary>
/// <param name="Url">The media's own URL, whatever the player loads it by.</param>
/// <param name="DurationSeconds">Null if unknown.</param>
/// <param name="BufferedUntilSeconds">The end of what it can play without another byte, from the position on.</param>
/// <param name="Rate">1 is the film's own speed.</param>
/// <param name="Player">A name that tells it from others of the same media; for pages only.</param>
public sealed record PlayheadReport(
    string? Url = null, double PositionSeconds = 0, double? DurationSeconds = null, double BufferedUntilSeconds = 0, double Rate = 1, bool Paused = false, string Player = "browser")
{
    /// <summary>A film of a month; more is no media time.</summary>
    private const double SecondsMax = 31 * 86400.0;

    /// <summary>Browsers play from a sixteenth to sixteen times the speed.</summary>
    private const double RateMin = 1.0 / 16;

    /// <summary>One sentence; null if it can be used.</summary>
    public string? Problem => string.IsNullOrEmpty(Url) ? "Say which media: url, position_seconds, buffered_until_seconds."
        : !IsTime(PositionSeconds) || !IsTime(BufferedUntilSeconds) || !IsTime(DurationSeconds ?? 0) || !double.IsFinite(Rate) ? "Times are seconds from 0 on."
        : null;

    /// <summary>For how long it plays without another byte; a paused player does not come to need one.</summary>
    public TimeSpan Buffered => Paused ? TimeSpan.FromSeconds(SecondsMax) : TimeSpan.FromSeconds(Math.Max(0, BufferedUntilSeconds - PositionSeconds) / Speed);

    /// <summary>How long the whole takes at this speed.</summary>
    public TimeSpan? PlayTime => DurationSeconds is { } duration ? TimeSpan.FromSeconds(duration / Speed) : null;

    private double Speed => Math.Clamp(Math.Abs(Rate), RateMin, 16);

    private static bool IsTime(double seconds) => seconds is >= 0 and <= SecondsMax;
}
