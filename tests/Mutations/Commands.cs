using System.Collections.Concurrent;
using System.Diagnostics;

namespace Swarm.Mutations;

/// <summary>Programs run to their end, with all they say.</summary>
internal static class Commands
{
    /// <param name="limit">After it the program and what it started are ended.</param>
    /// <returns>Its exit code, null if it had to be ended; and its lines.</returns>
    public static async Task<(int? ExitCode, IReadOnlyList<string> Lines)> RunAsync(string folder, TimeSpan limit, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start");
        var lines = new ConcurrentQueue<string>();
        void Keep(object _, DataReceivedEventArgs e)
        {
            if (e.Data is not null)
            {
                lines.Enqueue(e.Data);
            }
        }

        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var patience = new CancellationTokenSource(limit);
        try
        {
            await process.WaitForExitAsync(patience.Token);
            return (process.ExitCode, [.. lines]);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
            return (null, [.. lines]);
        }
    }
}
