using System.Buffers;
using System.Collections.Immutable;

namespace Swarm.Protocol;

/// <summary>
/// Whom a peer is connected to, as what changed since it last said so: the extension message <c>ut_pex</c> (BEP 11), a dictionary after the extended id.
/// <code>d5:added ‹n × 6 bytes› 7:added.f ‹n flags› 6:added6 ‹n × 18› 8:added6.f ‹n flags› 7:dropped ‹n × 6› 8:dropped6 ‹n × 18› e</code>
/// </summary>
public sealed record PexMessage(ImmutableArray<PexPeer> Added, ImmutableArray<PeerEndpoint> Dropped)
{
    /// <summary>BEP 11: no more than 50 added and 50 dropped. What a message names beyond, of either family, is not read.</summary>
    public const int MaxPeers = 50;

    /// <summary>100 added and 100 dropped IPv6 peers, which is what libtorrent sends at first, take 3.8 KiB.</summary>
    public const int MaxBytes = 8192;

    /// <summary>Its name in <c>m</c> of the extension handshake.</summary>
    public static ReadOnlySpan<byte> Name => "ut_pex"u8;

    /// <summary>Reads what follows the extended id. False if it is too long, no dictionary, or a list is no multiple of its entries.</summary>
    public static bool TryRead(ref SequenceReader<byte> reader, out PexMessage message)
    {
        message = new([], []);
        if (reader.Remaining > MaxBytes
            || !BencodeDocument.TryParsePrefix(reader.UnreadSequence.ToArray(), out var document, out _, order: BencodeKeyOrder.Any)
            || document.Root.Kind != BencodeKind.Dictionary)
        {
            return false;
        }

        reader.Advance(document.Length);
        var root = document.Root;
        var added = new List<PexPeer>();
        var dropped = new List<PeerEndpoint>();
        if (!TryReadAdded(root["added"u8].Bytes.Span, root["added.f"u8].Bytes.Span, Bep23CompactPeers.EntryBytes, added)
            || !TryReadAdded(root["added6"u8].Bytes.Span, root["added6.f"u8].Bytes.Span, Bep07Ipv6Peers.EntryBytes, added)
            || !TryReadPeers(root["dropped"u8].Bytes.Span, Bep23CompactPeers.EntryBytes, dropped)
            || !TryReadPeers(root["dropped6"u8].Bytes.Span, Bep07Ipv6Peers.EntryBytes, dropped))
        {
            return false;
        }

        message = new([.. added], [.. dropped]);
        return true;
    }

    /// <summary>Writes the whole message, prefix and envelope included.</summary>
    public void Write(IBufferWriter<byte> to, byte extendedId)
    {
        var payload = new ArrayBufferWriter<byte>(512);
        var bencode = new BencodeWriter(payload);
        var added = Added.Where(p => p.EndPoint.IsIPv4).ToArray();
        var added6 = Added.Where(p => !p.EndPoint.IsIPv4).ToArray();
        bencode.BeginDictionary();
        Write(bencode, "added"u8, PeerEndpoint.Compact(added.Select(p => p.EndPoint), ipv6: false));
        Write(bencode, "added.f"u8, Array.ConvertAll(added, p => (byte)p.Flags));
        Write(bencode, "added6"u8, PeerEndpoint.Compact(added6.Select(p => p.EndPoint), ipv6: true));
        Write(bencode, "added6.f"u8, Array.ConvertAll(added6, p => (byte)p.Flags));
        Write(bencode, "dropped"u8, PeerEndpoint.Compact(Dropped, ipv6: false));
        Write(bencode, "dropped6"u8, PeerEndpoint.Compact(Dropped, ipv6: true));
        bencode.End();
        new ExtendedMessage(extendedId, payload.WrittenCount).Write(to);
        to.Write(payload.WrittenSpan);
    }

    private static bool TryReadAdded(ReadOnlySpan<byte> compact, ReadOnlySpan<byte> flags, int entryBytes, List<PexPeer> to)
    {
        if (compact.Length % entryBytes != 0)
        {
            return false;
        }

        var one = new List<PeerEndpoint>(1);
        for (var i = 0; i < Math.Min(compact.Length / entryBytes, MaxPeers); i++)
        {
            one.Clear();
            Read(compact.Slice(i * entryBytes, entryBytes), entryBytes, one);
            if (one.Count == 1)
            {
                // Flags may be left out, or be too few.
                to.Add(new(one[0], i < flags.Length ? (PexFlags)flags[i] : PexFlags.None));
            }
        }

        return true;
    }

    private static bool TryReadPeers(ReadOnlySpan<byte> compact, int entryBytes, List<PeerEndpoint> to)
    {
        Read(compact[..(Math.Min(compact.Length / entryBytes, MaxPeers) * entryBytes)], entryBytes, to);
        return compact.Length % entryBytes == 0;
    }

    private static void Read(ReadOnlySpan<byte> whole, int entryBytes, List<PeerEndpoint> to) =>
        _ = entryBytes == Bep23CompactPeers.EntryBytes ? Bep23CompactPeers.TryRead(whole, to) : Bep07Ipv6Peers.TryRead(whole, to);

    private static void Write(BencodeWriter bencode, ReadOnlySpan<byte> key, byte[] value)
    {
        bencode.Bytes(key);
        bencode.Bytes(value);
    }
}
