using System.Text.Json;

namespace Swarm.Lab.Harness;

/// <summary>A receipt as its reader sees it: the JSON of the contract (<c>swarmstream.receipt/1</c>), read field by field.</summary>
public sealed record Receipt(
    string Url, string Outcome, string Authority, bool Cleartext, long TotalBytes, long OriginBytes, long WebSeedBytes, long PeerBytes, long StoreBytes,
    long Verified16kBytes, long DuplicateBytes, long RejectedBytes, IReadOnlyList<ReceiptPeer> Sources)
{
    public const string Schema = "swarmstream.receipt/1";

    public static Receipt Read(JsonElement json)
    {
        if (json.GetProperty("schema").GetString() is var schema && schema != Schema)
        {
            throw new LabException($"a receipt of schema {schema}");
        }

        var by = json.GetProperty("bytes_by_source");
        return new(
            json.GetProperty("url").GetString()!, json.GetProperty("outcome").GetString()!, json.GetProperty("authority").GetString()!,
            json.GetProperty("cleartext").GetBoolean(), json.GetProperty("total_bytes").GetInt64(),
            by.GetProperty("origin").GetInt64(), by.GetProperty("webseed").GetInt64(), by.GetProperty("peer").GetInt64(), by.GetProperty("store").GetInt64(),
            json.GetProperty("bytes_verified_16k").GetInt64(), json.GetProperty("duplicate_bytes").GetInt64(),
            json.GetProperty("rejected_bytes").GetInt64(), [.. json.GetProperty("sources").EnumerateArray().Select(ReceiptPeer.Read)]);
    }
}
