namespace Swarm.Protocol;

/// <summary>Why a metainfo was refused.</summary>
/// <param name="Where">The key path, e.g. <c>info.piece length</c>, or <c>byte 12</c> where the bencoding itself broke.</param>
/// <param name="Problem">What is wrong there.</param>
/// <param name="Advice">What to do about it.</param>
public sealed record MetainfoError(string Where, string Problem, string Advice)
{
    internal const string GetAnotherCopy = "get the metainfo again or from another place";
    internal const string MakeItAgain = "ask its maker to create it again with a current tool";

    public override string ToString() => $"{Where}: {Problem}; {Advice}";
}
