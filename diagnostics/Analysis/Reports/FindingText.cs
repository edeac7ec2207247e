namespace Swarm.Diagnostics.Analysis;

/// <summary>Findings in plain words: one paragraph for each connection, then cause, numbers, what to do.</summary>
public static class FindingText
{
    /// <summary>The findings as lines; those of one connection stand together.</summary>
    public static IEnumerable<string> Lines(IReadOnlyList<Finding> findings)
    {
        foreach (var group in findings.GroupBy(f => f.Socket?.Key))
        {
            foreach (var line in Paragraph([.. group]))
            {
                yield return line;
            }
        }
    }

    private static IEnumerable<string> Paragraph(IReadOnlyList<Finding> findings)
    {
        yield return $"{string.Join(", ", findings.Select(f => VerdictText.Of(f.Verdict)))}  {Subject(findings[0])}";
        foreach (var cause in findings.Select(f => f.Cause).Distinct())
        {
            yield return $"  {cause}";
        }

        foreach (var numbers in findings.SelectMany(f => f.Evidence).DistinctBy(m => m.Name).GroupBy(m => m.Tier))
        {
            yield return $"    {VerdictText.Of(numbers.Key) + ":",-10} {string.Join(", ", numbers.Select(m => $"{m.Name} {Quantity.Of(m.Value, m.Unit)}"))}";
        }

        foreach (var advice in findings.SelectMany(f => f.Advice).Distinct())
        {
            yield return $"  → {advice}";
        }
    }

    private static string Subject(Finding finding) => finding.Socket is not { } socket
        ? "this machine"
        : $"{socket.Local} from {socket.Remote}{(finding.Owner is { } owner ? $"  {owner}" : "")}{(finding.Label is { } label ? $"  {label.Role} {label.Subject}".TrimEnd() : "")}";
}
