using System.Text.Json;
using System.Text.Json.Nodes;
using Swarm.Engine.Receipts;

namespace Swarm.Proxy.Cli;

/// <summary>The receipt of a download that took several answers: their sum. The last one says how it ended.</summary>
internal static class ReceiptSum
{
    /// <param name="parts">At least one.</param>
    public static ReceiptView Of(IReadOnlyList<ReceiptView> parts)
    {
        if (parts.Count == 1)
        {
            return parts[0];
        }

        var (first, last) = (parts[0], parts[^1]);
        return last with
        {
            TotalBytes = parts.Sum(p => p.TotalBytes),
            BytesBySource = new(
                parts.Sum(p => p.BytesBySource.Origin), parts.Sum(p => p.BytesBySource.Mirror), parts.Sum(p => p.BytesBySource.WebSeed),
                parts.Sum(p => p.BytesBySource.Peer), parts.Sum(p => p.BytesBySource.Store)),
            BytesVerified16k = parts.Sum(p => p.BytesVerified16k),
            Cleartext = parts.Any(p => p.Cleartext),
            DuplicateBytes = parts.Sum(p => p.DuplicateBytes),
            RejectedBytes = parts.Sum(p => p.RejectedBytes),
            Sources = [.. parts.SelectMany(p => p.Sources).GroupBy(s => (s.Kind, s.Address)).Select(g => g.First() with
            {
                Bytes = g.Sum(s => s.Bytes),
                Blame = [.. g.SelectMany(s => s.Blame)],
                Banned = g.Any(s => s.Banned),
            })],
            Timings = new(first.Timings.Started, last.Timings.Finished, first.Timings.TtfbMs, (last.Timings.Finished - first.Timings.Started).TotalMilliseconds),
            Stalls = new(parts.Sum(p => p.Stalls.Count), parts.Sum(p => p.Stalls.TotalMs)),
        };
    }

    /// <summary>One line of JSON: the receipt, and what <c>get</c> knows besides: the file, its hash, and what an earlier run had brought.</summary>
    public static string Json(ReceiptView receipt, GetOutput output, string? file)
    {
        var json = (JsonObject)JsonSerializer.SerializeToNode(receipt, ReceiptJson.Default.ReceiptView)!;
        json["file"] = file;
        json["sha256"] = output.Sha256;
        json["resumed_bytes"] = output.ResumedBytes;
        return json.ToJsonString();
    }
}
