namespace Swarm.Http;

/// <summary>What to do with a request, given what is stored.</summary>
public enum CacheAction : byte
{
    /// <summary>The request goes to the origin as it is.</summary>
    Forward,

    /// <summary>The stored answer serves it: fresh, or stale within what the client asked for.</summary>
    Reuse,

    /// <summary>The stored answer serves it now and is validated meanwhile (RFC 5861 §3).</summary>
    ReuseWhileRevalidating,

    /// <summary>The origin is asked whether the stored answer still holds.</summary>
    Validate,

    /// <summary>504: only-if-cached, and nothing serves (RFC 9111 §5.2.1.7).</summary>
    NotCached,
}
