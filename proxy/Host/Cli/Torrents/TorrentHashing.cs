using System.Buffers;
using Microsoft.Win32.SafeHandles;
using Swarm.Protocol;

namespace Swarm.Proxy.Cli;

/// <summary>Reads the files of a plan once and hashes them.</summary>
internal static class TorrentHashing
{
    /// <summary>1 MiB a read: few system calls, and progress moves several times a second on the slowest disk.</summary>
    public const int ReadBytes = 1 << 20;

    /// <summary>Fills the hasher. A file that cannot be read, or is no longer as long as planned, ends it with a sentence.</summary>
    public static async Task<string?> RunAsync(TorrentPlan plan, MetainfoHasher hasher, ProgressLine? progress, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ReadBytes);
        try
        {
            foreach (var file in plan.Files)
            {
                if (await ReadAsync(file, hasher, buffer, progress, cancellation) is { } problem)
                {
                    return problem;
                }

                hasher.EndFile(file.Path);
            }

            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Feeds an open file to the hasher.</summary>
    /// <param name="buffer">At least <see cref="ReadBytes"/> long.</param>
    /// <param name="advance">Told the bytes of each read.</param>
    /// <returns>True if the file is as long as it should be.</returns>
    public static async Task<bool> FeedAsync(SafeFileHandle file, long bytes, MetainfoHasher hasher, byte[] buffer, Action<int> advance, CancellationToken cancellation)
    {
        long at = 0;
        int count;
        while (at <= bytes && (count = await RandomAccess.ReadAsync(file, buffer.AsMemory(0, ReadBytes), at, cancellation)) > 0)
        {
            hasher.Append(buffer.AsSpan(0, count));
            at += count;
            advance(count);
        }

        return at == bytes;
    }

    private static async Task<string?> ReadAsync(PlannedFile file, MetainfoHasher hasher, byte[] buffer, ProgressLine? progress, CancellationToken cancellation)
    {
        // Not opened: what has no length may be a pipe, whose open waits for ever.
        if (file.Bytes == 0)
        {
            return null;
        }

        try
        {
            using var handle = File.OpenHandle(file.FullPath, options: FileOptions.SequentialScan | FileOptions.Asynchronous);
            return await FeedAsync(handle, file.Bytes, hasher, buffer, count => progress?.Advance(count), cancellation)
                ? null
                : $"{file.FullPath} changed while it was read; run this again when nobody writes to it.";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{file.FullPath} cannot be read: {ErrorText.Of(e)}.";
        }
    }
}
