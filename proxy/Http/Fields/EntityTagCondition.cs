namespace Swarm.Http;

/// <summary>
/// The value of If-Match or If-None-Match: <c>*</c> or a list of entity tags (RFC 9110 §13.1.1, §13.1.2). A malformed value
/// matches nothing: If-Match then fails and If-None-Match then lets the request through, both the safe direction.
/// </summary>
public sealed class EntityTagCondition
{
    private const int MaxTags = 256; // a list this long is no client's; past it, the value counts as malformed

    private readonly List<EntityTag> _tags = [];

    private EntityTagCondition()
    {
    }

    public bool IsAny { get; private set; }

    public IReadOnlyList<EntityTag> Tags => _tags;

    /// <summary>Null only if the field is absent.</summary>
    public static EntityTagCondition? Parse(string? value)
    {
        if (value is null)
        {
            return null;
        }

        var condition = new EntityTagCondition();
        var rest = Syntax.TrimOws(value);
        if (rest.SequenceEqual("*"))
        {
            condition.IsAny = true;
            return condition;
        }

        var needComma = false;
        while (!rest.IsEmpty)
        {
            if (rest[0] == ',')
            {
                needComma = false;
                rest = rest[1..];
            }
            else if (Syntax.IsOws(rest[0]))
            {
                rest = rest[1..];
            }
            else if (!needComma && condition._tags.Count < MaxTags && EntityTag.TryRead(ref rest, out var tag))
            {
                condition._tags.Add(tag);
                needComma = true;
            }
            else
            {
                condition._tags.Clear();
                break;
            }
        }

        return condition;
    }

    /// <param name="current">Tag of the selected representation; null if it has none. <c>*</c> matches any representation.</param>
    public bool MatchesStrongly(EntityTag? current) =>
        IsAny || (current is { } tag && _tags.Exists(t => t.StrongEquals(tag)));

    /// <inheritdoc cref="MatchesStrongly"/>
    public bool MatchesWeakly(EntityTag? current) =>
        IsAny || (current is { } tag && _tags.Exists(t => t.WeakEquals(tag)));
}
