using System.Globalization;
using Swarm.Engine;
using Swarm.Proxy.Lifetime;

namespace Swarm.Proxy.Swarmed;

/// <summary><c>log replay</c>: applies recorded event logs again and compares every decision by digest.</summary>
internal sealed class LogReplay : ILogReplay
{
    public async Task<bool> RunAsync(string path, TextWriter output, TextWriter error, CancellationToken cancellation)
    {
        var files = Directory.Exists(path) ? Directory.GetFiles(path, "*.events") : [path];
        if (files.Length == 0)
        {
            await error.WriteLineAsync($"{path}: no event logs (*.events) here; record some with --record DIR");
            return false;
        }

        var same = true;
        foreach (var file in files.Order(StringComparer.Ordinal))
        {
            byte[] bytes;
            try
            {
                bytes = await File.ReadAllBytesAsync(file, cancellation);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                await error.WriteLineAsync($"{file}: cannot be read: {e.Message}");
                same = false;
                continue;
            }

            var result = EventLogReplay.Run(bytes);
            same &= result.Problem is null;
            await (result.Problem is null ? output : error).WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                $"{Path.GetFileName(file)}: {result.Events} events, {result.Decisions} decisions, {result.Checkpoints} checkpoints, digest {result.Digest:x16}: {result.Problem ?? "the same decisions"}"));
        }

        return same;
    }
}
