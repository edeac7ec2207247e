using Swarm.Core;

namespace Swarm.Simulation;

/// <summary>Plays every policy in every scenario and prints what the clients saw.</summary>
public static class League
{
    public static void Print()
    {
        Console.WriteLine(Header);
        foreach (var scenario in Scenarios.All)
        {
            foreach (var policy in SchedulingPolicies.All)
            {
                var world = new World(scenario, 1, SchedulerOptions.Default with { Policy = policy.Name });
                Console.WriteLine(Row(policy.Name, scenario, world.Run()));
            }
        }
    }

    public const string Header =
        "scenario               policy      startup s (× bound), each reader      stalls  ratio  origin    dup  reqs  hash  events";

    /// <summary>
    /// What no scheduler can beat for one reader: every honest source that is there at its opening, at its full rate from its first
    /// possible byte on. Sources that join later, mute or lie do not count.
    /// </summary>
    public static long BoundMicros(Scenario scenario, int reader)
    {
        var plan = scenario.Readers[reader];
        var media = plan.BytesPerSecond == 0 ? plan.ToByte - plan.FromByte : Math.Min(2 * plan.BytesPerSecond, plan.ToByte - plan.FromByte);
        var unit = scenario.HasTree ? PieceLayout.BlockSize : scenario.PieceLength;
        var sources = new List<BoundSource>();
        foreach (var peer in scenario.Peers)
        {
            if ((peer.Quirks & (Quirks.Mute | Quirks.Liar)) == 0)
            {
                var ready = peer.JoinsAtMicros + ((Bounds.PeerStartRoundTrips - 1) * peer.RttMicros);
                sources.Add(new(peer.BytesPerSecond, Math.Max(0, ready - plan.OpensAtMicros) + peer.RttMicros));
            }
        }

        if (scenario.Origin is { } origin)
        {
            sources.Add(new(origin.BytesPerSecond, (Bounds.OriginRoundTrips * origin.RttMicros) + origin.TtfbMicros));
        }

        return Bounds.SeekBound(sources.ToArray(), plan.FromByte, media, unit, scenario.DownlinkBytesPerSecond);
    }

    public static string Row(string policy, Scenario scenario, Metrics m)
    {
        var startups = m.Readers.Select((r, i) =>
            r.StartupMicros < 0 ? "never" : $"{r.StartupMicros / 1e6:F2} ({(double)r.StartupMicros / BoundMicros(scenario, i):F2})");
        return $"{scenario.Name,-22} {policy,-11} {string.Join(' ', startups),-36} {m.Readers.Sum(r => r.Stalls),7} {m.Readers.Max(r => r.StallRatio),6:F3} "
            + $"{m.OriginShare,7:P0} {m.DuplicateShare,6:P1} {m.OriginRequests,5} {m.HashRequests,5} {m.Events,7}"
            + (m.UnverifiedServed > 0 ? " UNVERIFIED" : "");
    }
}
