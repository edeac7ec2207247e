namespace Swarm.Diagnostics.Analysis;

/// <summary>A name in filter expressions, and how a value is compared with it.</summary>
/// <param name="Compare">The comparison; null when the value does not fit.</param>
/// <param name="TakesWords">The value may be several words.</param>
internal sealed record FilterField(string Name, Func<FilterOperator, string, Func<FilterSubject, bool>?> Compare, bool TakesWords = false);
