using System.Net;
using Swarm.Diagnostics.Tcp;

namespace Swarm.Proxy.Cli;

/// <summary>All that <c>doctor</c> judges by, gathered once: the checks ask nothing of the machine themselves.</summary>
/// <param name="Now">This machine's clock.</param>
/// <param name="Built">When the program was built: no true clock is before that.</param>
/// <param name="NodeUrl">The control port of the node that runs here; null for none.</param>
/// <param name="Variables">The environment.</param>
/// <param name="Proxy">Where the proxy listens, or would.</param>
/// <param name="Authority">The local CA; null when there is none.</param>
/// <param name="Site">What the site of <c>--site</c> answered; null when none was named.</param>
internal sealed record DoctorFacts(
    DateTimeOffset Now, DateTimeOffset Built, string? NodeUrl, IReadOnlyDictionary<string, string> Variables, IPEndPoint Proxy,
    IReadOnlyList<PortFact> Ports, IReadOnlyList<FolderFact> Folders, AuthorityFact? Authority, IReadOnlyList<ProbeStatus> Tiers, SiteFact? Site)
{
    /// <summary>What following the site's Link showed; null where no site answered.</summary>
    public SwarmFact? Swarm { get; init; }
}

/// <summary>A port that the node listens at.</summary>
/// <param name="Taken">Who has it, or why it cannot be had; null when it is free or this node's.</param>
internal sealed record PortFact(string Flag, IPEndPoint EndPoint, string? Taken);

/// <summary>A folder that the node writes to.</summary>
/// <param name="FreeBytes">Null where the file system does not tell.</param>
/// <param name="Problem">Why it cannot be written; null when it can.</param>
internal sealed record FolderFact(string Purpose, string Path, long? FreeBytes, string? Problem);

/// <summary>The local authority, or why it cannot be used.</summary>
internal sealed record AuthorityFact(IReadOnlyList<string> Hosts, DateTimeOffset NotAfter, string? Problem);

/// <summary>What one small request to a site showed.</summary>
/// <param name="Date">The site's clock.</param>
/// <param name="Problem">Why there was no answer.</param>
internal sealed record SiteFact(string Url, int Status, bool TakesRanges, string? Validator, DateTimeOffset? Date, string? Problem);
