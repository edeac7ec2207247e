namespace Swarm.Engine.Receipts;

/// <summary>How a download ended, as receipts name it.</summary>
public static class ReceiptOutcome
{
    /// <summary>Every byte the client asked for was released.</summary>
    public const string Complete = "complete";

    /// <summary>The client closed before the end.</summary>
    public const string ClientGone = "client-gone";

    /// <summary>No source could deliver the rest; the client's connection was reset.</summary>
    public const string SourcesFailed = "sources-failed";

    /// <summary>The resource changed, or its tree was falsified, mid-body; the client's connection was reset.</summary>
    public const string VersionChanged = "version-changed";

    /// <summary>The node stopped before the end.</summary>
    public const string Stopped = "stopped";
}
