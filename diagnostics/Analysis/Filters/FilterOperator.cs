namespace Swarm.Diagnostics.Analysis;

/// <summary>A comparison, as symbol or as ss spells it.</summary>
internal sealed class FilterOperator
{
    public static readonly FilterOperator Equal = new(static c => c == 0);
    private static readonly FilterOperator NotEqual = new(static c => c != 0);
    private static readonly FilterOperator Greater = new(static c => c > 0);
    private static readonly FilterOperator Less = new(static c => c < 0);
    private static readonly FilterOperator AtLeast = new(static c => c >= 0);
    private static readonly FilterOperator AtMost = new(static c => c <= 0);

    private readonly Func<int, bool> _holds;

    private FilterOperator(Func<int, bool> holds) => _holds = holds;

    /// <summary>For values that are the same or not, and have no order.</summary>
    public bool IsEquality => this == Equal || this == NotEqual;

    public static FilterOperator? TryParse(string? token) => token switch
    {
        "=" or "==" or "eq" or "is" => Equal,
        "!=" or "ne" or "neq" => NotEqual,
        ">" or "gt" => Greater,
        "<" or "lt" => Less,
        ">=" or "ge" or "geq" => AtLeast,
        "<=" or "le" or "leq" => AtMost,
        _ => null,
    };

    /// <param name="comparison">Below, at or above zero, as CompareTo gives it.</param>
    public bool Holds(int comparison) => _holds(comparison);
}
