using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp;

/// <summary>The kernel's names of the counters, as spelled in <see cref="HostCounter"/>.</summary>
internal static class HostCounterName
{
    private static readonly Dictionary<string, HostCounter>.AlternateLookup<ReadOnlySpan<char>> ByName =
        Enum.GetValues<HostCounter>().ToDictionary(c => c.ToString(), StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    public static bool TryParse(ReadOnlySpan<char> name, out HostCounter counter) => ByName.TryGetValue(name, out counter);
}
