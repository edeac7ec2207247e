namespace Swarm.Protocol;

/// <summary>What a <see cref="MetadataMessage"/> is for; the values are those of BEP 9.</summary>
public enum MetadataKind
{
    Request = 0,
    Data = 1,
    Reject = 2,

    /// <summary>A later one, to be ignored.</summary>
    Unknown = 3,
}
