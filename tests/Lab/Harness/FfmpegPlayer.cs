using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Swarm.Lab.Harness;

/// <summary>What <c>ffmpeg -re</c> lived through.</summary>
/// <param name="FirstFrameSeconds">From its start to the first output.</param>
/// <param name="WorstLagSeconds">How far its output ever fell behind a clock that started with the first output.</param>
public sealed record FfmpegResult(int ExitCode, double ElapsedSeconds, double FirstFrameSeconds, double WorstLagSeconds, double PlayedSeconds, string Errors);

/// <summary>
/// A real demuxer and decoder playing at the film's own rate. <c>-xerror</c> ends it at the first damaged byte. It holds
/// nothing in advance: a lag within the two seconds that a player buffers before it starts is no stall for a viewer.
/// </summary>
public static class FfmpegPlayer
{
    public static async Task<FfmpegResult> PlayAsync(Bench bench, Film film, Uri url, IPEndPoint? proxy, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        var gate = new Lock();
        double? first = null;
        double worst = 0, played = 0;
        void OnLine(string line)
        {
            if (!line.StartsWith("out_time_us=", StringComparison.Ordinal)
                || !long.TryParse(line.AsSpan("out_time_us=".Length), NumberStyles.Integer, CultureInfo.InvariantCulture, out var micros) || micros <= 0)
            {
                return;
            }

            lock (gate)
            {
                var now = clock.Elapsed.TotalSeconds;
                played = micros / 1e6;
                first ??= now - played;
                worst = Math.Max(worst, now - first.Value - played);
            }
        }

        var arguments = new List<string> { "-hide_banner", "-loglevel", "error", "-nostdin", "-xerror", "-progress", "pipe:1", "-stats_period", "0.1", "-re" };
        if (proxy is not null)
        {
            arguments.AddRange(["-http_proxy", $"http://{proxy}"]);
        }

        arguments.AddRange(["-i", url.AbsoluteUri, "-f", "null", "-"]);
        await using var ffmpeg = ChildProcess.Start(bench.Reaper, Tool.Ffmpeg.Program, arguments, onLine: OnLine);
        var exit = await ffmpeg.WaitForExitAsync(TimeSpan.FromSeconds((film.Seconds * 3) + 60), stop);
        return new(exit, clock.Elapsed.TotalSeconds, first ?? double.PositiveInfinity, worst, played, ffmpeg.Errors);
    }
}
