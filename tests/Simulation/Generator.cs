using Swarm.Core;

namespace Swarm.Simulation;

/// <summary>Draws a world from a seed: any mixture of bad peers, at least one source that would bring everything, readers that seek.</summary>
public static class Generator
{
    private const long Second = 1_000_000;

    public static Scenario Make(ulong seed)
    {
        var r = new SplitMix64(SplitMix64.Mix(seed) ^ 0x5157);
        var content = (1L << 20) + r.Next(4 << 20) + r.Next(16384);
        var pieceLength = 1 << (14 + r.Next(7));
        var peers = new List<PeerPlan>();
        var count = r.Next(9);
        for (var i = 0; i < count; i++)
        {
            peers.Add(Peer(ref r));
        }

        var origin = count == 0 || r.Next(2) == 0
            ? new OriginPlan((2 + r.Next(20)) * 100_000L, (5 + r.Next(150)) * 1000L, r.Next(100_000))
            : null;
        if (origin is null)
        {
            // Somebody must be able to bring everything.
            peers.Add(new((2 + r.Next(10)) * 100_000L, (5 + r.Next(150)) * 1000L, (Quirks)(r.Next(2) * (int)Quirks.NoFast)));
        }

        return new($"seed {seed}", content, pieceLength, peers, origin, Readers(ref r, content))
        {
            HasTree = r.Next(5) != 0,
            DownlinkBytesPerSecond = r.Next(4) == 0 ? 1_000_000 : 100_000_000,
            EndsAtMicros = 400 * Second,
        };
    }

    private static PeerPlan Peer(ref SplitMix64 r)
    {
        var quirks = r.Next(3) == 0 ? Quirks.None : (Quirks)(1 << r.Next(9));
        if (r.Next(4) == 0)
        {
            quirks |= (Quirks)(1 << r.Next(9));
        }

        var drips = r.Next(8) == 0;
        var leaves = r.Next(4) == 0 ? (1 + r.Next(10)) * Second : long.MaxValue;
        return new(
            drips ? 4000 : (1 + r.Next(20)) * 50_000L,
            (5 + r.Next(200)) * 1000L,
            quirks,
            r.Next(2) * r.Next(4_000_000),
            leaves == long.MaxValue ? leaves : leaves + (4 * Second),
            r.Next(3) == 0 ? 30 + r.Next(70) : 100);
    }

    private static List<ReaderPlan> Readers(ref SplitMix64 r, long content)
    {
        var readers = new List<ReaderPlan>();
        var rate = r.Next(3) == 0 ? 0 : (2 + r.Next(10)) * 100_000L;
        var from = r.Next(3) == 0 ? (long)r.Next((int)content) : 0;
        var opens = 0L;
        for (var seeks = r.Next(4); seeks > 0; seeks--)
        {
            var closes = opens + 200_000 + r.Next(3_000_000);
            readers.Add(new(opens, from, content, rate, closes));
            from = r.Next((int)content);
            opens = closes;
        }

        readers.Add(new(opens, from, content, rate));
        if (r.Next(3) == 0)
        {
            var start = (long)r.Next((int)content);
            readers.Add(new(r.Next(3_000_000), start, Math.Min(content, start + 1 + r.Next(1 << 20)), r.Next(2) * 500_000L));
        }

        return readers;
    }
}
