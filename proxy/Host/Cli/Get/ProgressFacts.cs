using Swarm.Engine.Receipts;

namespace Swarm.Proxy.Cli;

/// <summary>Where a download stands: what a progress line is made of.</summary>
/// <param name="TotalBytes">Null while the length is unknown.</param>
/// <param name="BytesPerSecond">Over the last seconds.</param>
/// <param name="Peers">Peers connected for it.</param>
/// <param name="BySource">What the node released to this download, by kind of source.</param>
/// <param name="VerifiedBytes">Of those, what others than the origin delivered and the tree proved.</param>
/// <param name="Waiting">Why nothing comes; null while bytes do.</param>
internal sealed record ProgressFacts(
    string Name, long Bytes, long? TotalBytes, double BytesPerSecond, int Peers, BytesBySource BySource, long VerifiedBytes, string? Waiting)
{
    /// <summary>Milliseconds until it is whole at this rate; null where nobody can know.</summary>
    public double? LeftMs => TotalBytes is { } total && BytesPerSecond > 1 && Bytes < total ? (total - Bytes) / BytesPerSecond * 1000 : null;
}
