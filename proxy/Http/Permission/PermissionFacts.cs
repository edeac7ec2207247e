using Swarm.Core;

namespace Swarm.Http;

/// <summary>What the choice of a permission request rests on.</summary>
/// <param name="Known">The version this URL stood for when the origin last answered; null for an unknown URL.</param>
/// <param name="FirstWanted">
/// The first run of bytes that should come from the origin: to the end of the file where no one else has it, so that a lone origin is
/// asked once; empty if everything is here already.
/// </param>
/// <param name="CredentialsKey">By <see cref="Http.CredentialsKey"/>; empty if the request carries none.</param>
/// <param name="LastPermit">The newest permit for this URL; null if none.</param>
public sealed record PermissionFacts(
    string Method, HttpFields Request, ResourceVersion? Known, ByteRange FirstWanted, string CredentialsKey, Permit? LastPermit, Instant At)
{
    /// <summary>The fields of an answer that permitted this version to these credentials are here, and may be sent again.</summary>
    public bool HoldsHeaders { get; init; }
}
