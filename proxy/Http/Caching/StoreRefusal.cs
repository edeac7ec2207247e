namespace Swarm.Http;

/// <summary>Why an answer is not kept; None if it is.</summary>
public enum StoreRefusal : byte
{
    None = 0,
    Method,

    /// <summary>Not final, or one that answers only this request: 206 without a readable part, 304, 412, 416.</summary>
    Status,
    NoStore,
    RequestNoStore,
    Private,
    Authorization,
    VaryStar,

    /// <summary>It names a status code whose caching rules are not known here, and must-understand.</summary>
    NotUnderstood,

    /// <summary>Neither a lifetime nor a validator: it could never be used again.</summary>
    NothingToGain,
}
