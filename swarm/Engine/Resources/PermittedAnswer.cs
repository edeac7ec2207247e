using System.Collections.Immutable;
using Swarm.Core;

namespace Swarm.Engine;

/// <summary>
/// A permit with the header fields that came with it. They belong to the same credentials as the permit: what an origin
/// tells one user never goes to another.
/// </summary>
/// <param name="Headers">End-to-end fields, without framing and range fields and without what only its first client may have.</param>
/// <param name="At">When they came; a renewed permit keeps them.</param>
/// <param name="Asker">The request's Origin field, which access-control fields answer; empty if it had none.</param>
public sealed record PermittedAnswer(Permit Permit, ImmutableArray<(string Name, string Value)> Headers, Instant At, string Asker);
