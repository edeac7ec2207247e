using System.Buffers;
using System.Collections.Immutable;
using System.Text;

namespace Swarm.Protocol;

/// <summary>A tracker's answer to an announce, as it writes it (BEP 3, 7, 23).</summary>
public sealed record TrackerAnswer(int IntervalSeconds, ScrapeCounts Counts, ImmutableArray<PeerEndpoint> Peers)
{
    /// <summary>The body of an HTTP answer: compact lists of both families.</summary>
    public byte[] ToBody()
    {
        var body = new ArrayBufferWriter<byte>(256);
        var bencode = new BencodeWriter(body);
        bencode.BeginDictionary();
        Number(bencode, "complete"u8, Counts.Seeds ?? 0);
        Number(bencode, "downloaded"u8, Counts.Completed ?? 0);
        Number(bencode, "incomplete"u8, Counts.Leeches ?? 0);
        Number(bencode, "interval"u8, IntervalSeconds);
        bencode.Bytes("peers"u8);
        bencode.Bytes(PeerEndpoint.Compact(Peers, ipv6: false));
        bencode.Bytes("peers6"u8);
        bencode.Bytes(PeerEndpoint.Compact(Peers, ipv6: true));
        bencode.End();
        return body.WrittenSpan.ToArray();
    }

    /// <summary>The body of an HTTP answer that refuses.</summary>
    public static byte[] Refusal(string reason)
    {
        var body = new ArrayBufferWriter<byte>(128);
        var bencode = new BencodeWriter(body);
        bencode.BeginDictionary();
        bencode.Bytes("failure reason"u8);
        bencode.Bytes(Encoding.UTF8.GetBytes(reason));
        bencode.End();
        return body.WrittenSpan.ToArray();
    }

    /// <summary>The body of an answer to a scrape (BEP 48); keys in the order bencoding demands.</summary>
    public static byte[] ScrapeBody(IEnumerable<(WireHash InfoHash, ScrapeCounts Counts)> torrents)
    {
        var body = new ArrayBufferWriter<byte>(256);
        var bencode = new BencodeWriter(body);
        bencode.BeginDictionary();
        bencode.Bytes("files"u8);
        bencode.BeginDictionary();
        foreach (var (hash, counts) in torrents.DistinctBy(t => t.InfoHash).OrderBy(t => t.InfoHash.ToString(), StringComparer.Ordinal))
        {
            bencode.Bytes(hash.ToArray());
            bencode.BeginDictionary();
            Number(bencode, "complete"u8, counts.Seeds ?? 0);
            Number(bencode, "downloaded"u8, counts.Completed ?? 0);
            Number(bencode, "incomplete"u8, counts.Leeches ?? 0);
            bencode.End();
        }

        bencode.End();
        bencode.End();
        return body.WrittenSpan.ToArray();
    }

    private static void Number(BencodeWriter bencode, ReadOnlySpan<byte> key, int value)
    {
        bencode.Bytes(key);
        bencode.Integer(value);
    }
}
