namespace Swarm.Protocol;

/// <summary>
/// How strictly dictionary keys are taken. An info dictionary must be strict (its hash names one encoding); trackers and
/// the outer metainfo dictionary come unsorted from real programs and lose nothing by it.
/// </summary>
public enum BencodeKeyOrder
{
    /// <summary>Keys ascend as raw bytes and none repeats (BEP 3).</summary>
    Strict,

    /// <summary>Any order; of equal keys the first counts.</summary>
    Any,
}
