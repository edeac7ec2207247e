using Swarm.Engine.Targets;
using Swarm.Http;

namespace Swarm.Proxy.Origin;

/// <summary>One request to an origin: method, target and the fields to send; Host comes from the target. GET and HEAD only, so there is no body.</summary>
/// <param name="FollowRedirects">The gateway follows them inside (the tool would leave the gateway otherwise); a proxy passes them on.</param>
public sealed record OriginRequest(string Method, OriginTarget Target, HttpFields Fields, bool FollowRedirects = false)
{
    /// <summary>What a new connection would be for; any may carry the request.</summary>
    public DialPurpose Purpose { get; init; } = DialPurpose.Origin;

    /// <summary>Told of 1xx answers before the final one, while its answer is waited for; null where nobody listens.</summary>
    public Func<int, HttpFields, CancellationToken, ValueTask>? Interim { get; init; }
}
