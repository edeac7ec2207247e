namespace Swarm.Core;

/// <summary>How well the bytes of a resource version are vouched for; README, "Trust". Higher is stronger.</summary>
public enum Authority : byte
{
    /// <summary>L0: anyone's word.</summary>
    None = 0,

    /// <summary>L1: this node's own fetch over cleartext http, no tree.</summary>
    OwnCleartextFetch = 1,

    /// <summary>L2: devices of my group signed subtree hashes of what they fetched over TLS.</summary>
    GroupAttested = 2,

    /// <summary>L3: this node fetched it over valid TLS.</summary>
    OwnTlsFetch = 3,

    /// <summary>L4: a whole-file digest over TLS. It authenticates the whole, never a piece.</summary>
    WholeDigest = 4,

    /// <summary>L5c: a piece tree published over cleartext http: no better than the http body.</summary>
    CleartextTree = 5,

    /// <summary>L5: a piece tree published by the origin over valid TLS, or given by the user.</summary>
    Tree = 6,
}

/// <summary>The names of the levels, as receipts and pages show them.</summary>
public static class AuthorityExtensions
{
    /// <summary><c>L5</c>, <c>L5c</c>, <c>L4</c> … <c>L0</c>.</summary>
    public static string Label(this Authority authority) => authority switch
    {
        Authority.Tree => "L5",
        Authority.CleartextTree => "L5c",
        Authority.WholeDigest => "L4",
        Authority.OwnTlsFetch => "L3",
        Authority.GroupAttested => "L2",
        Authority.OwnCleartextFetch => "L1",
        _ => "L0",
    };

    /// <summary>True where verified bytes of peers may be released: a piece tree vouches for them.</summary>
    public static bool AllowsPeers(this Authority authority) => authority is Authority.Tree or Authority.CleartextTree;
}
