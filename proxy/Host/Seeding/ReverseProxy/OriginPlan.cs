using System.Net;
using Swarm.Engine.Targets;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Seeding;

/// <summary>What <c>seed --origin</c> was told.</summary>
/// <param name="Origins">The servers behind, which have the same files; the first gives them their names here. Paths are the visitors'.</param>
/// <param name="Siblings">Other seeding nodes of the site, by the addresses at which they answer visitors.</param>
/// <param name="Address">Where visitors find the site.</param>
/// <param name="Trackers">For the torrents, besides this node's own.</param>
/// <param name="LeastBytes">Smaller files stay plain HTTP.</param>
/// <param name="TrustProxies">Who may say whom a request is from.</param>
internal sealed record OriginPlan(
    IReadOnlyList<OriginTarget> Origins,
    IReadOnlyList<OriginTarget> Siblings,
    SiteAddress Address,
    IReadOnlyList<string> Trackers,
    long LeastBytes,
    IReadOnlyList<IPNetwork> TrustProxies,
    ISiteReport Report)
{
    /// <summary>The hosts that were named: nothing else that is private or loopback is dialled on the visitors' behalf.</summary>
    public AllowedTargets Allowed =>
        AllowedTargets.TryParse([.. Origins.Concat(Siblings).Select(static o => o.Host.Address?.ToString() ?? o.Host.Name)], out var allowed, out _) ? allowed : AllowedTargets.None;

    /// <summary>Where a request for this path goes; null if it is none. Exactly the bytes received. What begins with anything but a slash would go on the host's name.</summary>
    public OriginTarget? TargetOf(string pathAndQuery) =>
        pathAndQuery.StartsWith('/') && OriginTarget.TryParse(BaseOf(Origins[0]) + pathAndQuery, TargetForm.AbsoluteForm, out var target) ? target : null;

    /// <summary>Scheme and authority.</summary>
    public static string BaseOf(OriginTarget origin) => $"{origin.Scheme}://{origin.Authority}";

    public bool Trusts(IPAddress? address) => address is not null && TrustProxies.Any(network => network.Contains(TargetAddress(address)));

    private static IPAddress TargetAddress(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
