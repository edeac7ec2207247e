using System.Buffers;
using Microsoft.Win32.SafeHandles;
using Swarm.Protocol;
using Swarm.Proxy.Cli;

namespace Swarm.Proxy.Seeding;

/// <summary>Hashes one file of the site, once, and sees to it that it was the same file with the same bytes all the while.</summary>
internal sealed class SiteHasher(SiteScan scan)
{
    /// <param name="stamp">As it was seen last.</param>
    /// <param name="advance">Told the bytes of each read.</param>
    /// <returns>The hashes; or one sentence why it cannot be read; or neither, if it is not that file any more.</returns>
    public async Task<(SiteHashes? Hashes, string? Problem)> RunAsync(string path, FileStamp stamp, Action<int> advance, CancellationToken cancellation)
    {
        var full = scan.FullPath(path);
        var buffer = ArrayPool<byte>.Shared.Rent(TorrentHashing.ReadBytes);
        try
        {
            // Shared with everybody: who replaces the file is not held up, and is noticed.
            using var file = File.OpenHandle(full, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan | FileOptions.Asynchronous);
            if (FileStat.Read(file, full) != stamp)
            {
                return default;
            }

            if (LeadsOut(file))
            {
                return (null, "it is reached by a link that leads out of the folder, which is not followed; put the file itself there");
            }

            var name = path[(path.LastIndexOf('/') + 1)..];
            var pieceBytes = TorrentPlan.UsualPieceBytes(stamp.Bytes);
            using var hasher = new MetainfoHasher(MetainfoFormat.Hybrid, pieceBytes, singleFile: true);
            if (!await TorrentHashing.FeedAsync(file, stamp.Bytes, hasher, buffer, advance, cancellation)
                || FileStat.Read(file, full) != stamp || FileStat.Read(full) != stamp)
            {
                return default;
            }

            hasher.EndFile(name);
            return (new(pieceBytes, hasher.EndContent(), hasher.Files[0].Leaves), null);
        }
        catch (FileNotFoundException)
        {
            return default;
        }
        catch (DirectoryNotFoundException)
        {
            return default;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, $"it cannot be read: {ErrorText.Of(e)}; give this user the right to, or mend the disk");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>What was opened lies outside the root: by a link of a linked folder, or a folder on the way was swapped for a link meanwhile.</summary>
    private bool LeadsOut(SafeFileHandle file) =>
        OperatingSystem.IsLinux()
        && new FileInfo($"/proc/self/fd/{file.DangerousGetHandle()}").LinkTarget is { } opened
        && scan.Inside(opened) is null;
}
