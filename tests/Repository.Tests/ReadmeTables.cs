using System.Text.RegularExpressions;

namespace Swarm.Repository.Tests;

/// <summary>The rows of README's tables whose first cell is of one kind (a number of a BEP, an RFC).</summary>
internal static partial class ReadmeTables
{
    /// <param name="firstCell">A pattern for the first cell, its group 1 the key.</param>
    public static IReadOnlyList<(string Key, IReadOnlyList<string> Tests)> Rows(string firstCell)
    {
        var rows = new List<(string, IReadOnlyList<string>)>();
        foreach (var line in Checkout.Read("README.md").Split('\n').Where(l => l.StartsWith('|')))
        {
            var cells = line.Trim().Trim('|').Split('|');
            if (Regex.Match(cells[0].Trim(), $"^{firstCell}$") is { Success: true } match)
            {
                rows.Add((match.Groups[1].Value, [.. Code().Matches(cells[^1]).Select(m => m.Groups[1].Value)]));
            }
        }

        return rows;
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();
}
