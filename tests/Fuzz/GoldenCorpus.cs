namespace Swarm.Fuzz;

/// <summary>Golden files as fuzz corpus, found beside the sources.</summary>
internal static class GoldenCorpus
{
    public static IReadOnlyList<byte[]> Files(string area, string pattern)
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            var folder = Path.Combine(at.FullName, "tests", "golden", area);
            if (Directory.Exists(folder))
            {
                return [.. Directory.GetFiles(folder, pattern).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
            }
        }

        throw new DirectoryNotFoundException($"tests/golden/{area} above {AppContext.BaseDirectory}");
    }
}
