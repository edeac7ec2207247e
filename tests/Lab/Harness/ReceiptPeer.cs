using System.Text.Json;

namespace Swarm.Lab.Harness;

/// <summary>One source in a receipt, with the blocks it is blamed for.</summary>
public sealed record ReceiptPeer(string Kind, string? Address, long Bytes, bool Banned, IReadOnlyList<long> BlamedBlocks)
{
    public static ReceiptPeer Read(JsonElement json) => new(
        json.GetProperty("kind").GetString()!, json.GetProperty("address").GetString(), json.GetProperty("bytes").GetInt64(),
        json.GetProperty("banned").GetBoolean(), [.. json.GetProperty("blame").EnumerateArray().Select(b => b.GetProperty("block").GetInt64())]);
}
