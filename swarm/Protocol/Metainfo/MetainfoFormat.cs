namespace Swarm.Protocol;

/// <summary>Which protocol versions a torrent describes its content for.</summary>
public enum MetainfoFormat
{
    /// <summary>Both: every client can join, and blocks verify one by one in those that know BEP 52.</summary>
    Hybrid,

    /// <summary>BEP 52 alone.</summary>
    V2,

    /// <summary>BEP 3 alone.</summary>
    V1,
}
