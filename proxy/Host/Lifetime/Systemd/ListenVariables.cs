using System.Globalization;
using Swarm.Proxy.Cli;

namespace Swarm.Proxy.Lifetime;

/// <summary>Reads which sockets the service manager passes (sd_listen_fds(3)): descriptors from 3 on, with names. Pure.</summary>
internal static class ListenVariables
{
    private const int FirstDescriptor = 3; // SD_LISTEN_FDS_START

    /// <summary>More than a service of three ports could mean.</summary>
    private const int MaxDescriptors = 16;

    /// <param name="processId">Variables for another process were inherited by mistake, and mean nothing.</param>
    public static IReadOnlyList<(int Descriptor, string Name)> Read(Surroundings surroundings, int processId)
    {
        if (!int.TryParse(surroundings.Variable("LISTEN_PID"), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) || pid != processId
            || !int.TryParse(surroundings.Variable("LISTEN_FDS"), NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count is < 1 or > MaxDescriptors)
        {
            return [];
        }

        var names = surroundings.Variable("LISTEN_FDNAMES")?.Split(':') ?? [];
        return [.. Enumerable.Range(0, count).Select(i => (FirstDescriptor + i, names.ElementAtOrDefault(i) ?? ""))];
    }
}
