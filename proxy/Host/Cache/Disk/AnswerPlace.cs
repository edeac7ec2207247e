namespace Swarm.Proxy.Cache;

/// <summary>Where a record lies on disk: the number of its segment and the offset in it.</summary>
internal readonly record struct AnswerPlace(int Segment, long Offset)
{
    public static readonly AnswerPlace None = new(-1, 0);
}
