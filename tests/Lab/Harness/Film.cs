using System.Globalization;

namespace Swarm.Lab.Harness;

/// <summary>A content whose every byte is known, and the rate at which it plays.</summary>
public sealed record Film(string Name, byte[] Content, double Seconds)
{
    public double BytesPerSecond => Content.Length / Seconds;

    /// <summary>A real MP4, H.264 and AAC at a constant rate, its index first. Made once and kept beside the lab's binaries.</summary>
    public static async Task<Film> Mp4Async(Bench bench, int seconds, int kilobitsPerSecond, CancellationToken stop)
    {
        var file = Path.Combine(AppContext.BaseDirectory, "films", $"film-{seconds}s-{kilobitsPerSecond}k.mp4");
        if (!File.Exists(file))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            var half = Path.Combine(bench.Folder, "half.mp4");
            var rate = string.Create(CultureInfo.InvariantCulture, $"{kilobitsPerSecond - 100}k");
            var buffer = string.Create(CultureInfo.InvariantCulture, $"{(kilobitsPerSecond - 100) / 2}k");
            await using var ffmpeg = ChildProcess.Start(bench.Reaper, Tool.Ffmpeg.Program,
            [
                "-hide_banner", "-loglevel", "error", "-nostdin", "-y",
                "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25",
                "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000",
                "-t", seconds.ToString(CultureInfo.InvariantCulture),
                "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "50",
                "-b:v", rate, "-minrate", rate, "-maxrate", rate, "-bufsize", buffer,
                // Filler keeps the rate constant: the byte clock and the film's own clock agree.
                "-x264-params", "nal-hrd=cbr:force-cfr=1",
                "-c:a", "aac", "-b:a", "96k", "-movflags", "+faststart", half,
            ]);
            if (await ffmpeg.WaitForExitAsync(TimeSpan.FromMinutes(5), stop) != 0)
            {
                throw new LabException($"ffmpeg made no film:\n{ffmpeg.Errors}");
            }

            File.Move(half, file, overwrite: true);
        }

        return new("film.mp4", await File.ReadAllBytesAsync(file, stop), seconds);
    }

    /// <summary>Bytes that no two contents share, the same for the same seed.</summary>
    public static Film Noise(string name, int bytes, int seed, double bytesPerSecond)
    {
        var content = new byte[bytes];
#pragma warning disable CA5394 // Test content wants to be the same each time, not unpredictable.
        new Random(seed).NextBytes(content);
#pragma warning restore CA5394
        return new(name, content, bytes / bytesPerSecond);
    }
}
