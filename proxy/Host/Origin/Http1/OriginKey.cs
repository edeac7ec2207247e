namespace Swarm.Proxy.Origin;

/// <summary>What connections are interchangeable by: the origin of RFC 6454, as checked text.</summary>
internal readonly record struct OriginKey(bool IsHttps, string Host, int Port, string Authority)
{
    public static OriginKey Of(OriginTarget target) => new(target.IsHttps, target.Host.Name, target.Port, target.Authority);
}
