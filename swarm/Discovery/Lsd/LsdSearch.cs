using System.Collections.Immutable;
using System.Net;
using Swarm.Core;
using Swarm.Protocol;

namespace Swarm.Discovery;

/// <summary>A torrent that is called out and listened for in the local network.</summary>
/// <param name="Hashes">Both of a hybrid's: its two swarms call under different ones.</param>
/// <param name="MayCall">False while, or where, nothing is to be called out; it is listened for all the same.</param>
/// <param name="Found">Told whoever called; any thread.</param>
public sealed record LsdSearch(ImmutableArray<WireHash> Hashes, Func<bool> MayCall, Action<IPEndPoint> Found)
{
    /// <summary>Guarded by its <see cref="LsdBook"/>.</summary>
    internal Instant? CalledAt { get; set; }
}
