using Swarm.Core;

namespace Swarm.Http;

/// <summary>How a GET or HEAD is answered from a representation at hand.</summary>
/// <param name="Status">200, 206, 304, 412 or 416.</param>
/// <param name="Body">The bytes to send; empty for HEAD and for answers without content.</param>
/// <param name="Fields">Fields to set on the answer: Content-Length, Content-Range, ETag, Last-Modified, Accept-Ranges.</param>
public sealed record ResponsePlan(int Status, ByteRange Body, HttpFields Fields);
