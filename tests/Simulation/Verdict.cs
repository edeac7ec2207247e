using System.Globalization;
using Swarm.Core;

namespace Swarm.Simulation;

/// <summary>The invariants of one run, checked; null when all hold, else what broke and the command that shows it again.</summary>
public static class Verdict
{
    /// <summary>Nobody may be left waiting this long for a block that an idle source would serve: the longest back-off is behind it.</summary>
    private const long NeglectMicros = 3_000_000;

    public static string? OfSeed(ulong seed)
    {
        var world = new World(Generator.Make(seed), seed);
        return Of(world, world.Run(), $"--seed {seed.ToString(CultureInfo.InvariantCulture)}");
    }

    public static string? Of(World world, Metrics m, string command)
    {
        var broken = new List<string>();
        if (m.UnverifiedServed != 0)
        {
            broken.Add($"{m.UnverifiedServed} unverified blocks were served");
        }

        for (var i = 0; i < m.Readers.Count; i++)
        {
            if (!m.Readers[i].Complete && !world.ReaderLeft(i))
            {
                broken.Add($"reader {i} never got all its bytes ({m.Readers[i].TakenBytes} B)");
            }
        }

        if (m.LongestNeglectMicros > NeglectMicros)
        {
            broken.Add($"a waited-for block was asked of nobody for {m.LongestNeglectMicros / 1000} ms while a source was idle");
        }

        if (m.DuplicateBytes > ((m.OriginBytes + m.PeerBytes) / 10) + (64 * PieceLayout.BlockSize))
        {
            broken.Add($"{m.DuplicateShare:P1} duplicates");
        }

        if (m.DoubleRequests > 0)
        {
            broken.Add($"{m.DoubleRequests} blocks were asked twice of one source, or of more than three");
        }

        if (world.Replay() != (m.DecisionDigest, m.StateDigest))
        {
            broken.Add("the replayed log gives other decisions");
        }

        return broken.Count == 0 ? null : $"{string.Join("; ", broken)}\n  reproduce: dotnet run --project tests/Simulation -- {command}";
    }
}
