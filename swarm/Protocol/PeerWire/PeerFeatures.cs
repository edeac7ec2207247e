namespace Swarm.Protocol;

/// <summary>What the eight reserved bytes of a handshake say, as bits of their big-endian value.</summary>
[Flags]
public enum PeerFeatures : ulong
{
    None = 0,

    /// <summary>reserved[7] &amp; 0x01: mainline DHT (BEP 5).</summary>
    Dht = 0x01,

    /// <summary>reserved[7] &amp; 0x04: fast extension (BEP 6).</summary>
    Fast = 0x04,

    /// <summary>reserved[7] &amp; 0x10: the sender of a v1 infohash would take the v2 one instead (BEP 52, upgrade path).</summary>
    V2 = 0x10,

    /// <summary>reserved[5] &amp; 0x10: extension protocol (BEP 10).</summary>
    Extensions = 0x10_0000,
}
