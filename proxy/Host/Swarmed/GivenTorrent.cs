using Swarm.Protocol;

namespace Swarm.Proxy.Swarmed;

/// <summary>Reads the torrent files that the command line names; what is wrong becomes one sentence.</summary>
internal static class GivenTorrent
{
    private const long MaxBytes = 16 << 20;

    public static async Task<(Metainfo? Torrent, string? Problem)> ReadAsync(string path, CancellationToken cancel)
    {
        byte[] bytes;
        try
        {
            if (new FileInfo(path).Length > MaxBytes)
            {
                return (null, $"--torrent {path}: larger than {MaxBytes >> 20} MiB, so it is no torrent file.");
            }

            bytes = await File.ReadAllBytesAsync(path, cancel);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, $"--torrent {path}: cannot be read: {e.Message}");
        }

        return Metainfo.TryParse(bytes, out var torrent, out var error)
            ? (torrent, null)
            : (null, $"--torrent {path}: not a torrent file: {error}");
    }
}
