namespace Swarm.Http.Tests;

/// <summary>How a case's entity-tag condition stands to the current tag.</summary>
public enum TagCase
{
    Absent,
    SameStrong,
    SameWeak,
    Other,
    Any,
    Malformed,
}

/// <summary>How a case's date stands to the modification date.</summary>
public enum DateCase
{
    Absent,
    Equal,
    Earlier,
    Later,
    Garbage,
}

/// <summary>What If-Range says.</summary>
public enum IfRangeCase
{
    Absent,
    SameStrong,
    SameWeak,
    OtherTag,
    EqualDate,
    EarlierDate,
    LaterDate,
    Garbage,
    TagList,
    Any,
}

/// <summary>What the server has: a tag of some strength, a date of some strength.</summary>
public sealed record Resource(bool HasTag, bool TagIsWeak, bool HasDate, bool DateIsStrong);

/// <summary>One request in meanings instead of text.</summary>
public sealed record SelectionCase(
    bool Head, bool Origin, Resource Resource, TagCase IfMatch, DateCase IfUnmodified, TagCase IfNoneMatch, DateCase IfModified, IfRangeCase IfRange, string? Range);

/// <summary>
/// RFC 9110 §13.2.2 and §14 a second time: over meanings, not text, as a list of steps that each say yes or no, with bytes picked one
/// by one. Shares nothing with the product but the question.
/// </summary>
internal static class SelectionOracle
{
    private const int Size = 5;

    /// <summary>Status and the positions of the bytes sent.</summary>
    public static (int Status, int[] Bytes) Answer(SelectionCase c)
    {
        var r = c.Resource;
        if (c.Origin && c.IfMatch != TagCase.Absent)
        {
            // step 1: strong comparison, "*" matches whatever is there
            if (!(c.IfMatch == TagCase.Any || (c.IfMatch == TagCase.SameStrong && r.HasTag && !r.TagIsWeak)))
            {
                return (412, []);
            }
        }
        else if (c.Origin && r.HasDate && c.IfUnmodified == DateCase.Earlier)
        {
            return (412, []); // step 2: modified after the date given
        }

        // step 3: weak comparison
        if (c.IfNoneMatch == TagCase.Any || (r.HasTag && (c.IfNoneMatch is TagCase.SameStrong or TagCase.SameWeak)))
        {
            return (304, []);
        }

        // step 4: only without If-None-Match
        if (c.IfNoneMatch == TagCase.Absent && r.HasDate && (c.IfModified is DateCase.Equal or DateCase.Later))
        {
            return (304, []);
        }

        var all = Enumerable.Range(0, Size).ToArray();
        var everything = (200, c.Head ? [] : all);
        if (c.Head || c.Range is null)
        {
            return everything;
        }

        // step 5
        var mayRange = c.IfRange switch
        {
            IfRangeCase.Absent => true,
            IfRangeCase.SameStrong => r.HasTag && !r.TagIsWeak,
            IfRangeCase.EqualDate => r.HasDate && r.DateIsStrong,
            _ => false,
        };
        if (!mayRange)
        {
            return everything;
        }

        var numbers = c.Range.Split('-');
        var picked = numbers switch
        {
            ["", var count] => all.Reverse().Take(int.Parse(count)).Reverse().ToArray(),
            [var from, ""] => all.SkipWhile(i => i != int.Parse(from)).ToArray(),
            [var from, var to] when int.Parse(to) < int.Parse(from) => null,
            [var from, var to] => all.Where(i => i >= int.Parse(from)).Where(i => i <= int.Parse(to)).ToArray(),
            _ => null,
        };
        return picked switch
        {
            null => everything,
            [] => (416, []),
            _ => (206, picked),
        };
    }
}
