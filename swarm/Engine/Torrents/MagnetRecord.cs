using Swarm.Protocol;

namespace Swarm.Engine;

/// <summary>A magnet that the user gave and whose metadata is not here yet.</summary>
/// <param name="IsSearching">True while peers are asked for the metadata.</param>
/// <param name="PeersAsked">Peers that were asked so far.</param>
public sealed record MagnetRecord(Bep53Magnet Magnet, bool IsSearching, int PeersAsked);
