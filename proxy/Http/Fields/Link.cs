namespace Swarm.Http;

/// <summary>One link of a Link field (RFC 8288 §3), its target not yet resolved.</summary>
/// <param name="Target">The URI reference between the angle brackets.</param>
/// <param name="Relations">Relation types of the first <c>rel</c>, lower case (§2.1.1, §3.3).</param>
/// <param name="Type">The <c>type</c> hint, as given; null if absent.</param>
/// <param name="HasAnchor">True if an <c>anchor</c> gives the link another context than the response: then it says nothing about it.</param>
/// <param name="Priority">RFC 6249 §3.1 <c>pri</c>: 1 is best, 999999 where absent or unreadable.</param>
public sealed record Link(string Target, IReadOnlyList<string> Relations, string? Type, bool HasAnchor, int Priority)
{
    public const int LowestPriority = 999_999;

    public bool HasRelation(string relation) => Relations.Contains(relation);
}
