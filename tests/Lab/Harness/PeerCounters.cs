using System.Text.Json;

namespace Swarm.Lab.Harness;

/// <summary>What a stock peer says it sent, got and refused: the witness against our own receipt.</summary>
public sealed record PeerCounters(long UploadedBytes, long DownloadedBytes, long HashFailedBytes, int Peers, bool Seeding)
{
    /// <summary>A line that the scripts in <c>Peers/</c> print.</summary>
    public static PeerCounters Read(string line)
    {
        using var json = JsonDocument.Parse(line);
        var root = json.RootElement;
        return new(
            root.GetProperty("upload_payload_bytes").GetInt64(), root.GetProperty("download_payload_bytes").GetInt64(),
            root.GetProperty("hash_failed_bytes").GetInt64(), root.GetProperty("peers").GetInt32(), root.GetProperty("seeding").GetBoolean());
    }
}
