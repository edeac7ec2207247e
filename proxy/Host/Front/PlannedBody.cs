using System.Collections.Immutable;
using Swarm.Core;
using Swarm.Http;

namespace Swarm.Proxy.Front;

/// <summary>The bytes that a begun answer still needs.</summary>
/// <param name="Ranges">In the order sent; empty if the answer has no content.</param>
/// <param name="Multipart">What stands around them if they are several; null otherwise.</param>
internal readonly record struct PlannedBody(ImmutableArray<ByteRange> Ranges, MultipartByteRanges? Multipart);
