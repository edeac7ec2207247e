namespace Swarm.Core;

/// <summary>Who delivered a byte, and on what ground it may leave. <see cref="ReleaseGate"/> reads nothing else.</summary>
public enum Provenance : byte
{
    /// <summary>Nobody yet.</summary>
    None = 0,

    /// <summary>The origin's own answer to a permitted request.</summary>
    Origin,

    /// <summary>Hashes to a leaf (or a v1 piece) of the version's tree, whoever delivered it.</summary>
    Verified,

    /// <summary>Delivered by someone else and not checked yet: never leaves.</summary>
    Unverified,
}

/// <summary>The kinds of source, as metrics and receipts name them.</summary>
public enum SourceKind : byte
{
    Origin = 0,
    Mirror = 1,
    WebSeed = 2,
    Peer = 3,

    /// <summary>This node's own store: bytes of an earlier download.</summary>
    Store = 4,
}
