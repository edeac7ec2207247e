using System.Numerics;

namespace Swarm.Protocol;

/// <summary>The checksum of RFC 4960 appendix B, by which BEP 40 and BEP 42 mix addresses.</summary>
internal static class Crc32C
{
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return ~crc;
    }
}
