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

    /// <summary>Version and commit of the node that runs here, where they are not this program's.</summary>
    public string? OtherVersion { get; init; }

    /// <summary>The proxies that this node reaches origins through.</summary>
    public IReadOnlyList<UpstreamFact> Upstreams { get; init; } = [];

    /// <summary>The proxies that tools have in files of their own.</summary>
    public IReadOnlyList<ToolProxyFact> ToolProxies { get; init; } = [];

    /// <summary>Hosts that the user wants accelerated: those that may join swarms and those whose https is opened.</summary>
    public IReadOnlyList<string> WantedHosts { get; init; } = [];

    /// <summary>Null where it was not looked at.</summary>
    public NetworkFact? Network { get; init; }

    /// <summary>Most files and sockets this process may have open; null where there is no such limit.</summary>
    public long? OpenFilesMax { get; init; }

    /// <summary>The authorities that may vouch for https origins; null where it was not looked at.</summary>
    public TrustFact? Trust { get; init; }

    /// <summary>The youngest file that a node wrote here; null for none.</summary>
    public StampFact? LastWritten { get; init; }
}

/// <summary>A port that the node listens at.</summary>
/// <param name="Taken">Who has it, or why it cannot be had; null when it is free or this node's.</param>
/// <param name="AnyWillDo">Nobody asked for it: where it is taken the node chooses another.</param>
internal sealed record PortFact(string Flag, IPEndPoint EndPoint, string? Taken, bool AnyWillDo = false);

/// <summary>A folder that the node writes to.</summary>
/// <param name="FreeBytes">Null where the file system does not tell.</param>
/// <param name="Problem">Why it cannot be written; null when it can.</param>
internal sealed record FolderFact(string Purpose, string Path, long? FreeBytes, string? Problem)
{
    /// <summary>What kind of problem that is: each is mended in another way.</summary>
    public FolderTrouble Trouble { get; init; }
}

/// <summary>A proxy that this node reaches origins through.</summary>
/// <param name="Proxy">As it may be shown, without credentials.</param>
/// <param name="Because">The flag, file or variable that names it.</param>
/// <param name="Problem">Why nothing answers there; null when something does.</param>
internal sealed record UpstreamFact(string Proxy, string Because, string? Problem);

/// <summary>A proxy that a tool's own file names; it counts for more than the variables.</summary>
/// <param name="Value">What is written there; empty where the tool is told to use none.</param>
internal sealed record ToolProxyFact(string Tool, string File, int Line, string Value);

/// <param name="LoopbackAnswers">This machine reaches itself at 127.0.0.1.</param>
/// <param name="HasIPv4">A route leads beyond this machine's own networks.</param>
internal sealed record NetworkFact(bool LoopbackAnswers, bool HasIPv4, bool HasIPv6);

/// <param name="Authorities">How many the system trusts.</param>
/// <param name="HasLibrary">The library that speaks TLS is there.</param>
internal sealed record TrustFact(int Authorities, bool HasLibrary);

/// <summary>When a file was written.</summary>
internal sealed record StampFact(string File, DateTimeOffset Written);

/// <summary>The local authority, or why it cannot be used.</summary>
internal sealed record AuthorityFact(IReadOnlyList<string> Hosts, DateTimeOffset NotAfter, string? Problem);

/// <summary>What one small request to a site showed.</summary>
/// <param name="Date">The site's clock.</param>
/// <param name="Problem">Why there was no answer.</param>
internal sealed record SiteFact(string Url, int Status, bool TakesRanges, string? Validator, DateTimeOffset? Date, string? Problem);
