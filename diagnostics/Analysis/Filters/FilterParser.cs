namespace Swarm.Diagnostics.Analysis;

/// <summary>Reads a filter expression: or of ands of nots of comparisons. The first thing that does not fit is the problem, in words.</summary>
internal sealed class FilterParser(List<string> tokens)
{
    /// <summary>Deeper is no filter that a person wrote.</summary>
    private const int MaxDepth = 64;

    private int _at;
    private int _depth;

    public string? Problem { get; private set; }

    private string? Next => _at < tokens.Count ? tokens[_at] : null;

    public Func<FilterSubject, bool>? Parse()
    {
        var matches = Or();
        return matches is not null && Next is { } rest ? Fail($"'{rest}' is not expected there") : matches;
    }

    private Func<FilterSubject, bool>? Or()
    {
        var left = And();
        while (left is not null && Take("or", "|", "||"))
        {
            var (first, second) = (left, And());
            left = second is null ? null : s => first(s) || second(s);
        }

        return left;
    }

    private Func<FilterSubject, bool>? And()
    {
        var left = Not();
        while (left is not null && (Take("and", "&", "&&") || StartsTerm()))
        {
            var (first, second) = (left, Not());
            left = second is null ? null : s => first(s) && second(s);
        }

        return left;
    }

    private Func<FilterSubject, bool>? Not()
    {
        if (++_depth > MaxDepth)
        {
            return Fail("the expression is too deep");
        }

        Func<FilterSubject, bool>? result;
        if (Take("not", "!"))
        {
            var inner = Not();
            result = inner is null ? null : s => !inner(s);
        }
        else if (Take("("))
        {
            result = Or();
            if (result is not null && !Take(")"))
            {
                result = Fail("a ')' is missing");
            }
        }
        else
        {
            result = Comparison();
        }

        _depth--;
        return result;
    }

    private Func<FilterSubject, bool>? Comparison()
    {
        if (Next is not { } name)
        {
            return Fail("the expression ends too early");
        }

        _at++;
        if (name.Contains(':', StringComparison.Ordinal) && EndPattern.TryParse(name) is { } either)
        {
            return s => either.Matches(s.Track.Current.Local) || either.Matches(s.Track.Current.Remote);
        }

        if (FilterFields.Find(name) is not { } field)
        {
            return Fail($"'{name}' is not known; there are {FilterFields.Names}");
        }

        var op = FilterOperator.TryParse(Next) is { } told ? told : FilterOperator.Equal;
        _at += FilterOperator.TryParse(Next) is null ? 0 : 1;
        if (Next is not { } value || value is "(" or ")")
        {
            return Fail($"'{name}' is compared with nothing");
        }

        _at++;
        // Verdicts have spaces in their names.
        while (field.TakesWords && Next is { } more && VerdictText.TryParse(value) is null && VerdictText.Begins(value + " " + more))
        {
            value += " " + more;
            _at++;
        }

        return field.Compare(op, value) ?? Fail($"'{value}' is nothing that '{name}' can be {(op == FilterOperator.Equal ? "equal to" : "compared with")}");
    }

    private bool StartsTerm() => Next is { } next && next is not (")" or "or" or "|" or "||" or "and" or "&" or "&&");

    private bool Take(params ReadOnlySpan<string> any)
    {
        foreach (var token in any)
        {
            if (string.Equals(Next, token, StringComparison.OrdinalIgnoreCase))
            {
                _at++;
                return true;
            }
        }

        return false;
    }

    private Func<FilterSubject, bool>? Fail(string problem)
    {
        Problem ??= problem;
        return null;
    }
}
