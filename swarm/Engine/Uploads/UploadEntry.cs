using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Engine;

/// <summary>A request in its peer's queue.</summary>
internal readonly record struct UploadEntry(RequestMessage Message, int Block, Instant ArrivedAt, Instant Deadline);
