using System.Net;
using Swarm.Core;

namespace Swarm.Engine;

/// <summary>
/// Anything that delivers blocks. The loop hands it decisions; it answers with events and admits bytes through
/// <see cref="FileContent"/>. It decides nothing. Calls come from the loop's thread, one at a time, and never block.
/// </summary>
public interface IBlockSource
{
    SourceKind Kind { get; }

    /// <summary>Address or host, for receipts and pages; never a URL.</summary>
    string Address { get; }

    /// <summary>What the source calls itself; null when it did not say.</summary>
    string? ClientName { get; }

    /// <summary>This node's end of its connection, for traces; null where there is none, or several.</summary>
    IPEndPoint? LocalEndPoint => null;

    /// <summary>Deliver these blocks. What cannot be delivered is answered by <see cref="EventKind.Rejected"/>.</summary>
    void Request(BlockRun run, Instant deadline);

    /// <summary>Do not deliver these blocks after all. Bytes already on the way may still come.</summary>
    void Cancel(BlockRun run);

    /// <summary>Ask for the leaf hashes of these blocks. Sources without hashes answer <see cref="EventKind.HashesRefused"/>.</summary>
    void AskHashes(BlockRun run);

    /// <summary>The source lied: close it and do not come back.</summary>
    void Ban(int block);

    /// <summary>Called once after a batch of the calls above: send what was queued.</summary>
    void Flush();

    /// <summary>Close; the loop is done with it.</summary>
    void Close();
}
