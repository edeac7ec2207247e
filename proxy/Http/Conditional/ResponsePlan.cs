using System.Collections.Immutable;
using Swarm.Core;

namespace Swarm.Http;

/// <summary>How a GET or HEAD is answered from a representation at hand.</summary>
/// <param name="Status">200, 206, 304, 412 or 416.</param>
/// <param name="Body">The bytes to send; empty for HEAD, for answers without content, and where <paramref name="Parts"/> are sent.</param>
/// <param name="Fields">Fields to set on the answer: Content-Length, Content-Range, ETag, Last-Modified, Accept-Ranges.</param>
/// <param name="Parts">Two or more parts to send in one 206; whoever sends them frames them (<see cref="MultipartByteRanges"/>), since a boundary is random.</param>
public sealed record ResponsePlan(int Status, ByteRange Body, HttpFields Fields, ImmutableArray<ByteRange> Parts = default)
{
    public bool IsMultipart => !Parts.IsDefaultOrEmpty;

    /// <summary>All bytes of the representation that it takes, in the order sent.</summary>
    public ImmutableArray<ByteRange> Needs => IsMultipart ? Parts : Body.IsEmpty ? [] : [Body];
}
