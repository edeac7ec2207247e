using Swarm.Engine.Receipts;

namespace Swarm.Proxy.Cli;

/// <summary>How one download ended: with all its bytes, or with the sentence why not.</summary>
/// <param name="Receipts">Those of the answers that its bytes came in, in order.</param>
internal sealed record GetEnd(string? Problem, IReadOnlyList<ReceiptView> Receipts)
{
    public bool IsWhole => Problem is null;
}
